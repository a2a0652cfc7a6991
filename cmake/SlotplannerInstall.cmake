# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` copies: the two programs, the .proto files, and the
# client libraries as CMake package `slotplanner`: `client`, and `local_planner`
# with the rings that it plans with. Headers keep their paths in the
# repository, under include/slotplanner; generated ones are directly under
# include, which is their path in every #include.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/slotplanner)

install(TARGETS slotplanner-server slotplanner)

install(TARGETS slotplanner_client slotplanner_local_planner
                slotplanner_answers slotplanner_advice slotplanner_planning slotplanner_topology
                slotplanner_commands slotplanner_slots slotplanner_resp
                slotplanner_base slotplanner_api slotplanner_error_details_proto
        EXPORT slotplannerTargets)
install(EXPORT slotplannerTargets NAMESPACE slotplanner::
        DESTINATION ${package_dir})

foreach(folder client/cpp client/local service/base service/resp service/slots
        service/commands service/topology service/planning service/advice service/answers)
  install(DIRECTORY ${folder}/
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/slotplanner/${folder}
          FILES_MATCHING PATTERN "*.h")
endforeach()
install(DIRECTORY ${PROJECT_BINARY_DIR}/proto/generated/slotplanner/
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/slotplanner
        FILES_MATCHING PATTERN "*.h" PATTERN "config" EXCLUDE)
install(DIRECTORY proto/slotplanner/v1
        DESTINATION ${CMAKE_INSTALL_DATADIR}/slotplanner/proto/slotplanner
        FILES_MATCHING PATTERN "*.proto")

configure_package_config_file(
    ${CMAKE_CURRENT_LIST_DIR}/slotplannerConfig.cmake.in
    ${PROJECT_BINARY_DIR}/slotplannerConfig.cmake
    INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may break callers.
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/slotplannerConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/slotplannerConfig.cmake
              ${PROJECT_BINARY_DIR}/slotplannerConfigVersion.cmake
        DESTINATION ${package_dir})
