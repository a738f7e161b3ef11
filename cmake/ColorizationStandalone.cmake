# Builds the module against an installed ITK, which lacks ITK's own module macros (Debian's packages, for example).
# The shims below give itk-module.cmake and src/CMakeLists.txt the meaning that they have inside ITK.

include(CMakePackageConfigHelpers)
include(CTest)
include(GenerateExportHeader)
include(GNUInstallDirs)

macro(itk_module name)
  cmake_parse_arguments(_module "EXCLUDE_FROM_DEFAULT;ENABLE_SHARED" "DESCRIPTION" "DEPENDS;TEST_DEPENDS" ${ARGN})
  set(${name}_DEPENDS ${_module_DEPENDS})
  set(ITK_MODULE_${name}_DEPENDS ${_module_DEPENDS})
  set(ITK_MODULE_${name}-Test_DEPENDS ${name} ${_module_TEST_DEPENDS})
endmacro()

macro(itk_module_test)
endmacro()

function(itk_module_add_library name)
  add_library(${name} SHARED ${ARGN})
  add_library(ITKColorization::${name} ALIAS ${name})
  generate_export_header(${name} EXPORT_FILE_NAME "${Colorization_BINARY_DIR}/include/${name}Export.h"
                         EXPORT_MACRO_NAME ${name}_EXPORT NO_EXPORT_MACRO_NAME ${name}_HIDDEN)
  set_target_properties(
    ${name} PROPERTIES OUTPUT_NAME ITKColorization VERSION ${Colorization_VERSION}
                       SOVERSION ${Colorization_VERSION_MAJOR} CXX_VISIBILITY_PRESET hidden
                       VISIBILITY_INLINES_HIDDEN ON)
  target_compile_features(${name} PUBLIC cxx_std_17)
  target_include_directories(
    ${name} PUBLIC "$<BUILD_INTERFACE:${Colorization_SOURCE_DIR}/include>"
                   "$<BUILD_INTERFACE:${Colorization_BINARY_DIR}/include>"
                   "$<INSTALL_INTERFACE:${Colorization_INSTALL_INCLUDE_DIR}>")
  target_include_directories(${name} SYSTEM PUBLIC "$<BUILD_INTERFACE:${ITK_INCLUDE_DIRS}>")
  target_link_libraries(${name} PUBLIC ${ITK_LIBRARIES})
  target_compile_options(${name} PRIVATE -Wall -Wextra)
  install(TARGETS ${name} EXPORT ITKColorizationTargets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
                                                        RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
                                                        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endfunction()

include("${CMAKE_CURRENT_SOURCE_DIR}/itk-module.cmake")

set(Colorization_INSTALL_INCLUDE_DIR "${CMAKE_INSTALL_INCLUDEDIR}/ITKColorization")
set(Colorization_INSTALL_CMAKE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/ITKColorization")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${Colorization_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${Colorization_BINARY_DIR}/lib")
# Installed programs find the library beside them, wherever the prefix is moved to.
file(RELATIVE_PATH _library_from_programs "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
set(CMAKE_INSTALL_RPATH "$ORIGIN/${_library_from_programs}")

itk_module_config(ITK ${Colorization_DEPENDS})
add_subdirectory(src)

option(Colorization_BUILD_PROGRAMS "Build the command-line programs" ON)
if(Colorization_BUILD_PROGRAMS)
  add_subdirectory(examples)
endif()
if(BUILD_TESTING)
  add_subdirectory(test)
endif()

install(DIRECTORY include/ DESTINATION "${Colorization_INSTALL_INCLUDE_DIR}")
install(FILES "${Colorization_BINARY_DIR}/include/ColorizationExport.h"
        DESTINATION "${Colorization_INSTALL_INCLUDE_DIR}")
install(EXPORT ITKColorizationTargets NAMESPACE ITKColorization:: DESTINATION "${Colorization_INSTALL_CMAKE_DIR}")
configure_file(cmake/Colorization.cmake.in Colorization.cmake @ONLY)
configure_package_config_file(
  cmake/ITKColorizationConfig.cmake.in ITKColorizationConfig.cmake
  INSTALL_DESTINATION "${Colorization_INSTALL_CMAKE_DIR}"
  PATH_VARS Colorization_INSTALL_INCLUDE_DIR)
write_basic_package_version_file(ITKColorizationConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${Colorization_BINARY_DIR}/ITKColorizationConfig.cmake"
              "${Colorization_BINARY_DIR}/ITKColorizationConfigVersion.cmake"
              "${Colorization_BINARY_DIR}/Colorization.cmake" DESTINATION "${Colorization_INSTALL_CMAKE_DIR}")
