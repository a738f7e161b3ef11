# Builds the module against an installed ITK, which lacks ITK's own module macros (Debian's packages, for example).
# The shims below give itk-module.cmake and src/CMakeLists.txt the meaning that they have inside ITK.

include(CMakePackageConfigHelpers)
include(GenerateExportHeader)
include(GNUInstallDirs)

macro(itk_module name)
  cmake_parse_arguments(_module "EXCLUDE_FROM_DEFAULT;ENABLE_SHARED" "DESCRIPTION" "DEPENDS;TEST_DEPENDS" ${ARGN})
  set(${name}_DEPENDS ${_module_DEPENDS})
  set(${name}_DESCRIPTION "${_module_DESCRIPTION}")
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
endfunction()

include("${CMAKE_CURRENT_SOURCE_DIR}/itk-module.cmake")

set(Colorization_INSTALL_INCLUDE_DIR "${CMAKE_INSTALL_INCLUDEDIR}/ITKColorization")
set(Colorization_INSTALL_CMAKE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/ITKColorization")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${Colorization_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${Colorization_BINARY_DIR}/lib")

itk_module_config(ITK ${Colorization_DEPENDS})
set(_library_itk_include_dirs "${ITK_INCLUDE_DIRS}")
add_subdirectory(src)

option(Colorization_BUILD_PROGRAMS "Build the command-line programs" ON)
if(Colorization_BUILD_PROGRAMS)
  add_subdirectory(examples)
endif()
