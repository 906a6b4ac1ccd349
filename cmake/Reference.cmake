# SPDX-License-Identifier: MIT
# The target `reference`: HTML from the public headers, for users, and XML, for
# tests/checks/reference.py, in the build's folder reference/.

if(SIMPLERNN_REFERENCE)
  find_package(Doxygen REQUIRED)
  set(all ALL)
  if(SIMPLERNN_INSTALL)
    install(DIRECTORY ${PROJECT_BINARY_DIR}/reference/html
            DESTINATION ${CMAKE_INSTALL_DOCDIR})
  endif()
else()
  find_package(Doxygen QUIET)
  set(all)
endif()

if(DOXYGEN_FOUND)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/Doxyfile.in Doxyfile @ONLY)
  add_custom_target(reference ${all}
    COMMAND ${CMAKE_COMMAND} -E rm -rf reference
    COMMAND Doxygen::doxygen Doxyfile
    WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
endif()
