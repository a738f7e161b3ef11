#include "itkColorSpaceEnums.h"

namespace itk
{
std::ostream &
operator<<(std::ostream & out, const ColorSpaceEnums::ColorSpace value)
{
  switch (value)
  {
    case ColorSpaceEnums::ColorSpace::RGB:
      return out << "RGB";
    case ColorSpaceEnums::ColorSpace::Lab:
      return out << "CIE Lab";
    case ColorSpaceEnums::ColorSpace::YUV:
      return out << "YUV";
    case ColorSpaceEnums::ColorSpace::Luminance:
      return out << "luminance";
  }
  return out << "an unknown colour space (" << static_cast<int>(value) << ')';
}
} // namespace itk
