#ifndef SliceMontage_h
#define SliceMontage_h

#include "ImageFiles.h"

/** A picture with three rows, axial, coronal and sagittal: gray slices, and beside each the same slice in colour.
 * Slices lie at 30, 50 and 70 % of the body's extent along each axis; gray is scaled from windowMinimum (black) to windowMaximum
 * (white). Pixels are square in physical space; the front of the patient, or the top, is up. */
ImageFiles::PhotographType::Pointer
MakeSliceMontage(const ImageFiles::VolumeType *      gray,
                 const ImageFiles::ColorVolumeType * color,
                 double                              windowMinimum,
                 double                              windowMaximum);

#endif
