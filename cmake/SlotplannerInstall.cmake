# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` copies: the two programs, the .proto files, and the
# client library as CMake package `slotplanner`. Headers keep their paths in the
# repository, under include/slotplanner; generated ones are directly under
# include, which is their path in every #include.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/slotplanner)

install(TARGETS slotplanner-server slotplanner)

install(TARGETS slotplanner_client slotplanner_api slotplanner_base
                slotplanner_error_details_proto slotplanner_resp
        EXPORT slotplannerTargets)
install(EXPORT slotplannerTargets NAMESPACE slotplanner::
        DESTINATION ${package_dir})

foreach(folder client/cpp service/base service/resp)
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
