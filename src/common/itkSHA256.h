/*=========================================================================
 *
 *  Copyright NumFOCUS
 *
 *  Licensed under the Apache License, Version 2.0 (the "License");
 *  you may not use this file except in compliance with the License.
 *  You may obtain a copy of the License at
 *
 *         https://www.apache.org/licenses/LICENSE-2.0.txt
 *
 *  Unless required by applicable law or agreed to in writing, software
 *  distributed under the License is distributed on an "AS IS" BASIS,
 *  WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 *  See the License for the specific language governing permissions and
 *  limitations under the License.
 *
 *=========================================================================*/
#ifndef itkSHA256_h
#define itkSHA256_h

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace itk
{
namespace colorization
{
/** The Secure Hash Algorithm of 256 bits.
 *
 * \par Reference
 * National Institute of Standards and Technology: Secure Hash Standard. FIPS 180-4, 2015. doi:10.6028/NIST.FIPS.180-4 */
class SHA256
{
public:
  SHA256();

  /** Appends bytes to the message. */
  void
  Update(const void * bytes, std::size_t count);

  /** Ends the message.
   * \return 64 hexadecimal digits, lower case */
  std::string
  Finish();

private:
  static constexpr std::size_t BlockBytes = 64;

  void
  ProcessBlock(const std::uint8_t * block);

  std::array<std::uint32_t, 8>         m_State;
  std::array<std::uint8_t, BlockBytes> m_Block{};
  std::size_t                          m_Filled = 0;
  std::uint64_t                        m_Bytes = 0;
};

/** The hash of a file.
 * \throws std::runtime_error if it cannot be read to its end */
std::string
ComputeFileSHA256(const std::string & path);

} // namespace colorization
} // namespace itk

#endif
