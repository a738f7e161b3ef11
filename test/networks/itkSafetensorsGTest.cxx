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
#include "itkSafetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <unistd.h>

namespace fs = std::filesystem;
using namespace itk::colorization;

namespace
{
class Safetensors : public testing::Test
{
protected:
  void
  SetUp() override
  {
    m_Path = fs::temp_directory_path() / ("safetensors-" + std::to_string(getpid()) + ".safetensors");
  }
  void
  TearDown() override
  {
    fs::remove(m_Path);
  }

  void
  WriteRaw(const std::string & bytes) const
  {
    std::ofstream(m_Path, std::ios::binary) << bytes;
  }

  static std::string
  LengthBytes(std::uint64_t length)
  {
    std::string bytes;
    for (int i = 0; i < 8; ++i)
    {
      bytes += static_cast<char>(length >> (8 * i) & 0xff);
    }
    return bytes;
  }

  /** A file of this header and of `dataBytes` zeros. */
  void
  WriteHeader(const std::string & header, std::size_t dataBytes) const
  {
    this->WriteRaw(LengthBytes(header.size()) + header + std::string(dataBytes, '\0'));
  }

  void
  ExpectError(const std::string & part) const
  {
    try
    {
      const SafetensorsFile file(m_Path.string());
      ADD_FAILURE() << "no error, but one with: " << part;
    }
    catch (const ModelError & error)
    {
      const std::string text = error.what();
      EXPECT_NE(text.find(part), std::string::npos) << text;
      EXPECT_EQ(text.find(m_Path.string()), 0u) << text;
      EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    }
  }

  fs::path m_Path{};
};

TensorView
ViewOf(const std::vector<float> & values, const std::vector<std::int64_t> & shape)
{
  TensorView view;
  view.shape = shape;
  view.data = reinterpret_cast<const unsigned char *>(values.data());
  view.bytes = values.size() * sizeof(float);
  return view;
}
} // namespace

TEST_F(Safetensors, ReadsWhatItWrote)
{
  const std::vector<float> a{ 1.0f, -2.5f, 3.0f, 4.0f, 5.0f, 6.0f };
  const std::vector<float> b{ 7.0f };
  const std::vector<float> none;
  WriteSafetensors(
    m_Path.string(),
    { { "a.weight", ViewOf(a, { 2, 3 }) }, { "scalar", ViewOf(b, {}) }, { "empty", ViewOf(none, { 4, 0, 2 }) } },
    { { "architecture", "Some \"net\"\n" } });
  const SafetensorsFile file(m_Path.string());
  ASSERT_EQ(file.GetTensors().size(), 3u);
  EXPECT_EQ(file.GetMetadata().at("architecture"), "Some \"net\"\n");
  const TensorView & view = file.GetTensors().at("a.weight");
  EXPECT_EQ(view.type, TensorType::Float32);
  EXPECT_EQ(ShapeText(view.shape), "[2, 3]");
  EXPECT_EQ(std::memcmp(view.data, a.data(), view.bytes), 0);
  EXPECT_EQ(file.GetTensors().at("scalar").bytes, 4u);
  EXPECT_EQ(file.GetTensors().at("empty").bytes, 0u);
  // Readers of other libraries map floats where they lie.
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view.data) % 4, 0u);
}

TEST_F(Safetensors, ReadsOtherTypesAndUnalignedData)
{
  this->WriteHeader(R"({"h":{"dtype":"F16","shape":[3],"data_offsets":[0,6]},)"
                    R"("b":{"dtype":"BF16","shape":[1],"data_offsets":[6,8]},)"
                    R"("n":{"dtype":"I64","shape":[],"data_offsets":[8,16]}} )",
                    16);
  const SafetensorsFile file(m_Path.string());
  EXPECT_EQ(file.GetTensors().at("h").type, TensorType::Float16);
  EXPECT_EQ(file.GetTensors().at("b").type, TensorType::BFloat16);
  EXPECT_EQ(file.GetTensors().at("n").type, TensorType::Other);
}

TEST_F(Safetensors, RefusesHostileHeaders)
{
  const std::string whole = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  this->WriteRaw("");
  this->ExpectError("it is empty");
  this->WriteRaw("1234");
  this->ExpectError("too few for a header");
  this->WriteRaw(LengthBytes(std::uint64_t{ 1 } << 60) + whole);
  this->ExpectError("should have 1152921504606846976 bytes");
  this->WriteRaw(LengthBytes(~std::uint64_t{ 0 }) + whole);
  this->ExpectError("should have 18446744073709551615 bytes");
  this->WriteRaw(LengthBytes(0) + whole);
  this->ExpectError("no valid JSON");
  this->WriteHeader("[1]", 0);
  this->ExpectError("no JSON object");
  this->WriteHeader(whole.substr(0, whole.size() - 1), 8);
  this->ExpectError("no valid JSON");
  this->WriteHeader(std::string(100000, '['), 0);
  this->ExpectError("nested too deeply");
  this->WriteHeader(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                    R"("a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                    8);
  this->ExpectError("names \"a\" twice");
  this->WriteHeader(R"({"__metadata__":{"format":1}})", 0);
  this->ExpectError("metadata is not an object of texts");
  this->WriteHeader(R"({"__metadata__":null})", 0);
  this->ExpectError("metadata is not an object of texts");
}

TEST_F(Safetensors, RefusesHostileTensors)
{
  const auto expect = [&](const std::string & entry, std::size_t bytes, const std::string & part)
  {
    this->WriteHeader("{\"a\":" + entry + '}', bytes);
    this->ExpectError(part);
  };
  expect(R"({"dtype":"F99","shape":[2],"data_offsets":[0,8]})", 8, "unknown dtype \"F99\"");
  expect(R"({"dtype":7,"shape":[2],"data_offsets":[0,8]})", 8, "is not described by");
  expect(R"({"shape":[2],"data_offsets":[0,8]})", 8, "is not described by");
  expect(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8,9]})", 8, "is not described by");
  expect(R"([])", 8, "is not described by");
  expect(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})", 8, "whole number of at least 0");
  expect(R"({"dtype":"F32","shape":[2.5],"data_offsets":[0,8]})", 8, "whole number of at least 0");
  expect(R"({"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8]})", 8, "is too large");
  // The product is 2^64 + 8 bytes in 64 bits.
  expect(R"({"dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8]})", 8, "does not fit");
  expect(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]})", 0, "does not fit");
  expect(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})", 8, "which does not fit");
  expect(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})", 8, "lies at bytes 8 to 0");
  expect(R"({"dtype":"F32","shape":[4],"data_offsets":[0,16]})", 8, "of the data, which has 8");
  expect(R"({"dtype":"F32","shape":[2],"data_offsets":[4,12]})", 12, "after a gap");
  expect(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", 9, "end at byte 8 of the data, which has 9");
  this->WriteHeader(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                    R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                    12);
  this->ExpectError("within the tensor before it");
}

TEST_F(Safetensors, RefusesEveryTruncation)
{
  const std::vector<float> values(5, 1.0f);
  WriteSafetensors(m_Path.string(), { { "a", ViewOf(values, { 5 }) } }, { { "training", "none" } });
  std::stringstream text;
  text << std::ifstream(m_Path, std::ios::binary).rdbuf();
  const std::string whole = text.str();
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes)
  {
    this->WriteRaw(whole.substr(0, bytes));
    EXPECT_THROW(SafetensorsFile(m_Path.string()), ModelError) << bytes;
  }
}

TEST_F(Safetensors, SurvivesChangedBytes)
{
  const std::vector<float> values(5, 1.0f);
  WriteSafetensors(m_Path.string(),
                   { { "a", ViewOf(values, { 5 }) }, { "b", ViewOf(values, { 1, 5 }) } },
                   { { "training", "none" } });
  std::stringstream text;
  text << std::ifstream(m_Path, std::ios::binary).rdbuf();
  std::mt19937 generator(7);
  std::size_t  refused = 0;
  for (int round = 0; round < 3000; ++round)
  {
    std::string changed = text.str();
    for (int i = 0; i < 3; ++i)
    {
      changed[generator() % (changed.size() - 40)] = static_cast<char>(generator());
    }
    this->WriteRaw(changed);
    try
    {
      const SafetensorsFile file(m_Path.string());
      std::size_t           sum = 0;
      for (const auto & item : file.GetTensors())
      {
        sum += item.second.bytes > 0 ? item.second.data[item.second.bytes - 1] : 0;
      }
      EXPECT_LE(sum, 255u * file.GetTensors().size());
    }
    catch (const ModelError &)
    {
      ++refused;
    }
  }
  EXPECT_GT(refused, 2000u);
}

TEST_F(Safetensors, WriterChecksSizesAndFolders)
{
  const std::vector<float> values(5, 1.0f);
  EXPECT_THROW(WriteSafetensors(m_Path.string(), { { "a", ViewOf(values, { 6 }) } }, {}), ModelError);
  EXPECT_FALSE(fs::exists(m_Path));
  EXPECT_THROW(WriteSafetensors("/nowhere/at/all", { { "a", ViewOf(values, { 5 }) } }, {}), ModelError);
}

TEST_F(Safetensors, RefusesWhatIsNoFile)
{
  EXPECT_THROW(SafetensorsFile("/nowhere/at/all"), ModelError);
  EXPECT_THROW(SafetensorsFile(fs::temp_directory_path().string()), ModelError);
}
