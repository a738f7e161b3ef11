set(DOCUMENTATION
    "Colours for gray medical volumes, taken from colour photographs of anatomy: every stage of five published
colorization systems as a filter.")

itk_module(
  Colorization
  DEPENDS
  ITKCommon
  ITKDistanceMap
  ITKIOImageBase
  ITKIONRRD
  ITKImageGrid
  ITKImageFunction
  ITKMetricsv4
  ITKOptimizersv4
  ITKPDEDeformableRegistration
  ITKRegistrationCommon
  ITKRegistrationMethodsv4
  ITKSmoothing
  ITKSpatialObjects
  ITKTransform
  ITKZLIB
  TEST_DEPENDS
  ITKConnectedComponents
  ITKImageCompose
  ITKImageIntensity
  ITKIOImageBase
  ITKIOMeta
  ITKIONIFTI
  ITKIONRRD
  ITKIOPNG
  ITKLabelMap
  ITKStatistics
  ITKThresholding
  DESCRIPTION
  "${DOCUMENTATION}"
  EXCLUDE_FROM_DEFAULT
  ENABLE_SHARED)
