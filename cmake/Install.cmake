# SPDX-License-Identifier: MIT
# Headers, libraries, simplernn.pc and the CMake package.

include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/simplernn)

install(TARGETS simplernn EXPORT simplernnTargets)
install(EXPORT simplernnTargets
        NAMESPACE simplernn:: DESTINATION ${package})
if(BUILD_SHARED_LIBS AND SIMPLERNN_STATIC)
  install(TARGETS simplernn_static EXPORT simplernnStaticTargets)
  install(EXPORT simplernnStaticTargets
          NAMESPACE simplernn:: DESTINATION ${package})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
        DESTINATION ${CMAKE_INSTALL_DOCDIR})

# simplernn.pc finds its prefix from where it lies, so that an installed tree
# can be moved; an absolute folder is outside that tree and stays as it is.
set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" /)
  set(pc_prefix "\${pcfiledir}/${up}")
  string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
endif()
set(pc_libdir "\${prefix}")
set(pc_includedir "\${prefix}")
cmake_path(APPEND pc_libdir "${CMAKE_INSTALL_LIBDIR}")
cmake_path(APPEND pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
set(pc_libs ${SRNN_PC_LIBS})
foreach(text pc_prefix pc_libdir pc_includedir pc_libs)
  string(REPLACE " " "\\ " ${text} "${${text}}")
endforeach()
list(JOIN pc_libs " " pc_libs)
set(pc_more)
if(NOT BUILD_SHARED_LIBS) # then nobody needs to ask for --static
  set(pc_more " ${pc_libs}")
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/simplernn.pc.in simplernn.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/simplernn.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

get_target_property(type simplernn TYPE)
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/simplernnConfig.cmake.in simplernnConfig.cmake
  INSTALL_DESTINATION ${package}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(simplernnConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/simplernnConfig.cmake
              ${PROJECT_BINARY_DIR}/simplernnConfigVersion.cmake
        DESTINATION ${package})
