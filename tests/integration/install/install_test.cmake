# SPDX-License-Identifier: Apache-2.0
# cmake -DBINARY_DIR=<build> -DWORK_DIR=<scratch> -P install_test.cmake:
# installs the build tree and uses what was installed.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT
                  COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
set(prefix ${WORK_DIR}/prefix)
run(${CMAKE_COMMAND} --install ${BINARY_DIR} --prefix ${prefix})
run(${prefix}/bin/slotplanner --help)
run(${prefix}/bin/slotplanner-server --help)
foreach(file
        share/slotplanner/proto/slotplanner/v1/slot_planner_service.proto
        include/slotplanner/client/cpp/slot_planner_client.h
        include/slotplanner/v1/slot_planner_service.grpc.pb.h)
  if(NOT EXISTS ${prefix}/${file})
    message(FATAL_ERROR "${file} is not installed")
  endif()
endforeach()

# The same sanitizers, or the program would not link.
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK_DIR}/user -G Ninja
    -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_CXX_COMPILER=${CXX_COMPILER}
    -DCMAKE_CXX_FLAGS=${CXX_FLAGS})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/user)
run(${WORK_DIR}/user/user)
