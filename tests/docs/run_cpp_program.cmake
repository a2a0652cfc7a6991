# SPDX-License-Identifier: Apache-2.0
# cmake -DPREFIX=<installed tree> -DFOLDER=<folder> -P run_cpp_program.cmake:
# builds FOLDER/main.cc with the installed client library, as a project outside
# the repository would, and runs it.
file(WRITE ${FOLDER}/CMakeLists.txt [[
cmake_minimum_required(VERSION 3.25)
project(app LANGUAGES C CXX)
find_package(slotplanner REQUIRED)
add_executable(app main.cc)
target_link_libraries(app PRIVATE slotplanner::client)
]])

function(run_quietly)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(code)
    message(FATAL_ERROR "${output}")
  endif()
endfunction()

run_quietly(${CMAKE_COMMAND} -S ${FOLDER} -B ${FOLDER}/build -G Ninja
            -DCMAKE_PREFIX_PATH=${PREFIX} -DCMAKE_CXX_COMPILER=${CXX_COMPILER}
            -DCMAKE_CXX_FLAGS=${CXX_FLAGS})
run_quietly(${CMAKE_COMMAND} --build ${FOLDER}/build)
execute_process(COMMAND ${FOLDER}/build/app COMMAND_ERROR_IS_FATAL ANY)
