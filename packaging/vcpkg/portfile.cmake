# SPDX-License-Identifier: MIT
# A port that builds the tree that it stands in:
#
#   vcpkg install simplernn --overlay-ports=packaging/vcpkg

get_filename_component(SOURCE_PATH ../.. ABSOLUTE
                       BASE_DIR "${CMAKE_CURRENT_LIST_DIR}")

vcpkg_check_features(OUT_FEATURE_OPTIONS options
  FEATURES
    openblas SIMPLERNN_BLAS
    tool     SIMPLERNN_COMMAND)
vcpkg_find_acquire_program(PKGCONFIG)
vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    ${options}
    "-DPKG_CONFIG_EXECUTABLE=${PKGCONFIG}"
    -DBUILD_TESTING=OFF
    -DSIMPLERNN_EXAMPLES=OFF
    -DSIMPLERNN_STATIC=OFF) # not beside a shared library
vcpkg_cmake_install()

vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/simplernn)
vcpkg_fixup_pkgconfig()
if("tool" IN_LIST FEATURES)
  vcpkg_copy_tools(TOOL_NAMES simplernn AUTO_CLEAN)
endif()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include"
                    "${CURRENT_PACKAGES_DIR}/debug/share"
                    "${CURRENT_PACKAGES_DIR}/share/doc")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage"
     DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
