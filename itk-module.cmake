set(DOCUMENTATION
    "Colours for gray medical volumes, taken from colour photographs of anatomy: every stage of five published
colorization systems as a filter.")

# An ITK that was built with few modules may lack these; then nothing is registered.
set(_registration_modules ITKMetricsv4 ITKOptimizersv4 ITKPDEDeformableRegistration ITKRegistrationCommon
                          ITKRegistrationMethodsv4)
foreach(_module IN ITEMS ${_registration_modules})
  if(NOT ITK_SOURCE_DIR AND ITK_MODULES_DIR AND NOT EXISTS "${ITK_MODULES_DIR}/${_module}.cmake")
    set(_registration_modules)
  endif()
endforeach()

itk_module(
  Colorization
  DEPENDS
  ITKCommon
  ITKDistanceMap
  ITKIOImageBase
  ITKIONRRD
  ITKImageGrid
  ITKImageFunction
  ITKSmoothing
  ITKSpatialObjects
  ITKTransform
  ITKZLIB
  ${_registration_modules}
  TEST_DEPENDS
  ITKConnectedComponents
  ITKImageCompose
  ITKImageIntensity
  ITKIOBMP
  ITKIOImageBase
  ITKIOJPEG
  ITKIOMeta
  ITKIONIFTI
  ITKIONRRD
  ITKIOPNG
  ITKIOTIFF
  ITKLabelMap
  ITKStatistics
  ITKThresholding
  DESCRIPTION
  "${DOCUMENTATION}"
  EXCLUDE_FROM_DEFAULT
  ENABLE_SHARED)
