# SPDX-License-Identifier: Apache-2.0
# The few functions with which every folder declares its targets.

set(SLOTPLANNER_SANITIZE "" CACHE STRING
    "Sanitizers to build with, as in -fsanitize=")
option(SLOTPLANNER_FUZZ "Build the libFuzzer programs (needs clang)" OFF)
option(SLOTPLANNER_TIDY "Run clang-tidy beside every compilation" OFF)

if(SLOTPLANNER_SANITIZE)
  add_compile_options(-fsanitize=${SLOTPLANNER_SANITIZE}
                      -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SLOTPLANNER_SANITIZE})
endif()
if(SLOTPLANNER_FUZZ)
  # Coverage feedback in every library; only the fuzz programs get the driver.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(SLOTPLANNER_CCACHE ccache)
if(SLOTPLANNER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SLOTPLANNER_CCACHE})
endif()

# Warnings for our own code; generated code and libraries are system includes.
add_library(slotplanner_warnings INTERFACE)
target_compile_options(slotplanner_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND
   (SLOTPLANNER_SANITIZE OR NOT CMAKE_BUILD_TYPE STREQUAL "Debug"))
  # Instrumented and optimised code confuses this one check of GCC 12.
  target_compile_options(slotplanner_warnings INTERFACE
                         -Wno-maybe-uninitialized)
endif()

function(_slotplanner_own_code target)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:slotplanner_warnings>)
  if(SLOTPLANNER_TIDY)
    set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY clang-tidy)
  endif()
endfunction()

# slotplanner_library(NAME SOURCES... DEPS...): the static library
# slotplanner_NAME, alias slotplanner::NAME. DEPS are public: a folder may
# include what it links, and nothing else.
function(slotplanner_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(slotplanner_${name} STATIC ${arg_SOURCES})
  add_library(slotplanner::${name} ALIAS slotplanner_${name})
  set_target_properties(slotplanner_${name} PROPERTIES
                        EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_include_directories(slotplanner_${name} PUBLIC
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/slotplanner>)
  target_compile_features(slotplanner_${name} PUBLIC cxx_std_20)
  target_link_libraries(slotplanner_${name} PUBLIC ${arg_DEPS}
                        PRIVATE ${arg_PRIVATE_DEPS})
  _slotplanner_own_code(slotplanner_${name})
endfunction()

# slotplanner_embed_file(FILE NAME OUTPUT): sets OUTPUT to the path of a source,
# made at build time, that defines `const std::string_view slotplanner::NAME`
# with the bytes of FILE.
function(slotplanner_embed_file file name output)
  set(script ${PROJECT_SOURCE_DIR}/cmake/EmbedFile.cmake)
  set(input ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${file}.cc)
  add_custom_command(
      OUTPUT ${source}
      COMMAND ${CMAKE_COMMAND} -D INPUT=${input} -D OUTPUT=${source}
              -D NAME=${name} -P ${script}
      DEPENDS ${input} ${script}
      VERBATIM)
  set(${output} ${source} PARENT_SCOPE)
endfunction()

# slotplanner_program(NAME SOURCES... DEPS...): an executable.
function(slotplanner_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  _slotplanner_own_code(${name})
endfunction()

# slotplanner_test(PATH DEPS... [LABELS...]): the GoogleTest program of
# PATH_test.cc. Its name is the path, with dots for slashes.
function(slotplanner_test path)
  cmake_parse_arguments(arg "" "" "DEPS;LABELS;ENVIRONMENT" ${ARGN})
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR}/tests
       ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "." name "${folder}/${path}")
  slotplanner_program(${name} SOURCES ${path}_test.cc
                      DEPS ${arg_DEPS} GTest::gmock_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES
                       LABELS "${arg_LABELS}" TIMEOUT 300
                       ENVIRONMENT "${arg_ENVIRONMENT}")
endfunction()

# slotplanner_fuzz_test(NAME DEPS...): the fuzz target of NAME_fuzz.cc, seeded
# with the files of corpus/NAME if there are any. With SLOTPLANNER_FUZZ it is a
# libFuzzer program that ctest runs for SLOTPLANNER_FUZZ_SECONDS; without, it
# replays its seeds and a fixed number of random inputs, so that it can never
# rot.
set(SLOTPLANNER_FUZZ_SECONDS 30 CACHE STRING "How long ctest fuzzes a target")
function(slotplanner_fuzz_test name)
  cmake_parse_arguments(arg "" "" "DEPS" ${ARGN})
  set(seeds ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
  if(NOT EXISTS ${seeds})
    set(seeds "")
  endif()
  if(SLOTPLANNER_FUZZ)
    # libFuzzer writes what it finds into the first folder.
    set(found ${CMAKE_CURRENT_BINARY_DIR}/corpus/${name})
    file(MAKE_DIRECTORY ${found})
    slotplanner_program(fuzz.${name} SOURCES ${name}_fuzz.cc DEPS ${arg_DEPS})
    target_link_options(fuzz.${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz.${name}
             COMMAND fuzz.${name} -max_total_time=${SLOTPLANNER_FUZZ_SECONDS}
                     -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
                     ${found} ${seeds})
  else()
    slotplanner_program(fuzz.${name}
        SOURCES ${name}_fuzz.cc ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cc
        DEPS ${arg_DEPS})
    add_test(NAME fuzz.${name} COMMAND fuzz.${name} ${seeds})
  endif()
  set_tests_properties(fuzz.${name} PROPERTIES LABELS "fuzz" TIMEOUT 600)
endfunction()

# slotplanner_benchmark(NAME DEPS...): the Google Benchmark of
# NAME_benchmark.cc.
function(slotplanner_benchmark name)
  cmake_parse_arguments(arg "" "" "DEPS" ${ARGN})
  slotplanner_program(${name}_benchmark SOURCES ${name}_benchmark.cc
                      DEPS ${arg_DEPS} benchmark::benchmark_main)
endfunction()
