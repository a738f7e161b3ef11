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
#include "itkCurveChart.h"

#include <vtkAxis.h>
#include <vtkBrush.h>
#include <vtkChartLegend.h>
#include <vtkChartXY.h>
#include <vtkContext2D.h>
#include <vtkContextDevice2D.h>
#include <vtkContextScene.h>
#include <vtkDoubleArray.h>
#include <vtkImageData.h>
#include <vtkMatrix3x3.h>
#include <vtkNew.h>
#include <vtkObjectFactory.h>
#include <vtkPen.h>
#include <vtkPlot.h>
#include <vtkTable.h>
#include <vtkTextProperty.h>
#include <vtkTextRenderer.h>
#include <vtkUnicodeString.h>

#include <vtkAutoInit.h>
VTK_MODULE_INIT(vtkRenderingFreeType);

#include <algorithm>
#include <cmath>

namespace itk
{
namespace colorization
{
namespace
{
/** Pixels are sampled this often along each side. */
constexpr int Samples = 3;

/** What VTK's charts draw on: a picture in memory. VTK's own devices need OpenGL, and with it a display.
 *
 * Coordinates are as in VTK: y goes up. Lines, filled polygons and text are what charts are made of. */
class PictureDevice : public vtkContextDevice2D
{
public:
  static PictureDevice *
  New();
  vtkTypeMacro(PictureDevice, vtkContextDevice2D);
  PictureDevice(const PictureDevice &) = delete;
  PictureDevice &
  operator=(const PictureDevice &) = delete;

  void
  SetSize(int width, int height)
  {
    m_Width = width * Samples;
    m_Height = height * Samples;
    m_Samples.assign(static_cast<std::size_t>(m_Width) * static_cast<std::size_t>(m_Height) * 3, 255);
    this->Geometry[0] = width;
    this->Geometry[1] = height;
    this->SetViewportSize(vtkVector2i(width, height));
    this->SetViewportRect(vtkRecti(0, 0, width, height));
  }

  /** RGB, from the top row down. */
  std::vector<std::uint8_t>
  Picture() const
  {
    const int                 width = m_Width / Samples;
    const int                 height = m_Height / Samples;
    std::vector<std::uint8_t> picture;
    picture.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    for (int y = height - 1; y >= 0; --y)
    {
      for (int i = 0; i < 3 * width; ++i)
      {
        int sum = 0;
        for (int v = 0; v < Samples; ++v)
        {
          for (int u = 0; u < Samples; ++u)
          {
            sum += m_Samples[this->SampleAt(i / 3 * Samples + u, y * Samples + v) + static_cast<std::size_t>(i % 3)];
          }
        }
        picture.push_back(static_cast<std::uint8_t>((sum + Samples * Samples / 2) / (Samples * Samples)));
      }
    }
    return picture;
  }

  void
  DrawPoly(float * points, int n, unsigned char *, int) override
  {
    for (int k = 0; k + 1 < n; ++k)
    {
      this->DrawSegment(points + 2 * k, points + 2 * k + 2);
    }
  }

  void
  DrawLines(float * points, int n, unsigned char *, int) override
  {
    for (int k = 0; k + 1 < n; k += 2)
    {
      this->DrawSegment(points + 2 * k, points + 2 * k + 2);
    }
  }

  void
  DrawPoints(float * points, int n, unsigned char *, int) override
  {
    for (int k = 0; k < n; ++k)
    {
      this->DrawSegment(points + 2 * k, points + 2 * k);
    }
  }

  void
  DrawPointSprites(vtkImageData *, float * points, int n, unsigned char * colors, int components) override
  {
    this->DrawPoints(points, n, colors, components);
  }

  void
  DrawQuad(float * points, int n) override
  {
    this->Fill(points, n);
  }

  void
  DrawQuadStrip(float * points, int n) override
  {
    for (int k = 0; k + 3 < n; k += 2)
    {
      const float * const p = points + 2 * k;
      float               quad[8] = { p[0], p[1], p[2], p[3], p[6], p[7], p[4], p[5] };
      this->Fill(quad, 4);
    }
  }

  void
  DrawColoredPolygon(float * points, int n, unsigned char *, int) override
  {
    this->Fill(points, n);
  }

  // Charts of curves have neither ellipses nor images nor formulas.
  void
  DrawEllipseWedge(float, float, float, float, float, float, float, float) override
  {}
  void
  DrawEllipticArc(float, float, float, float, float, float) override
  {}
  void
  DrawMathTextString(float *, const vtkStdString &) override
  {}
  void
  DrawImage(float[2], float, vtkImageData *) override
  {}
  void
  DrawImage(const vtkRectf &, vtkImageData *) override
  {}
  void
  SetTexture(vtkImageData *, int) override
  {}

  void
  DrawString(float * point, const vtkStdString & text) override
  {
    vtkTextRenderer * const renderer = vtkTextRenderer::GetInstance();
    vtkNew<vtkImageData>    image;
    int                     size[2] = { 0, 0 };
    int                     box[4];
    if (text.empty() || !renderer || !renderer->RenderString(this->TextProp, text, image, size, Resolution) ||
        !renderer->GetBoundingBox(this->TextProp, text, box, Resolution))
    {
      return;
    }
    double       anchor[2];
    const double in[2] = { static_cast<double>(point[0]), static_cast<double>(point[1]) };
    int          extent[6];
    this->Transform(in, anchor);
    image->GetExtent(extent);
    // The bounding box is of the text with its justification and rotation, around the anchor.
    const int left = static_cast<int>(std::lround(anchor[0])) + box[0];
    const int bottom = static_cast<int>(std::lround(anchor[1])) + box[2];
    for (int y = 0; y < size[1]; ++y)
    {
      for (int x = 0; x < size[0]; ++x)
      {
        const auto * rgba =
          static_cast<const unsigned char *>(image->GetScalarPointer(extent[0] + x, extent[2] + y, extent[4]));
        for (int v = 0; v < Samples; ++v)
        {
          for (int u = 0; u < Samples; ++u)
          {
            this->Blend((left + x) * Samples + u, (bottom + y) * Samples + v, rgba, rgba[3]);
          }
        }
      }
    }
  }

  void
  ComputeStringBounds(const vtkStdString & text, float bounds[4]) override
  {
    vtkTextRenderer * const renderer = vtkTextRenderer::GetInstance();
    int                     box[4] = { 0, -1, 0, -1 };
    if (renderer && !text.empty())
    {
      renderer->GetBoundingBox(this->TextProp, text, box, Resolution);
    }
    bounds[0] = static_cast<float>(box[0]);
    bounds[1] = static_cast<float>(box[2]);
    bounds[2] = static_cast<float>(box[1] - box[0] + 1);
    bounds[3] = static_cast<float>(box[3] - box[2] + 1);
  }

  void
  ComputeJustifiedStringBounds(const char * text, float bounds[4]) override
  {
    this->ComputeStringBounds(vtkStdString(text), bounds);
  }

#ifndef VTK_LEGACY_REMOVE
  void
  DrawString(float * point, const vtkUnicodeString & text) override
  {
    this->DrawString(point, vtkStdString(text.utf8_str()));
  }
  void
  ComputeStringBounds(const vtkUnicodeString & text, float bounds[4]) override
  {
    this->ComputeStringBounds(vtkStdString(text.utf8_str()), bounds);
  }
#endif

  void
  SetColor4(unsigned char *) override
  {}
  void
  SetPointSize(float) override
  {}
  void
  SetLineWidth(float) override
  {}
  void
  SetLineType(int) override
  {}

  void
  SetMatrix(vtkMatrix3x3 * matrix) override
  {
    m_Matrices.back()->DeepCopy(matrix);
  }
  void
  GetMatrix(vtkMatrix3x3 * matrix) override
  {
    matrix->DeepCopy(m_Matrices.back());
  }
  void
  MultiplyMatrix(vtkMatrix3x3 * matrix) override
  {
    vtkMatrix3x3::Multiply3x3(m_Matrices.back(), matrix, m_Matrices.back());
  }
  void
  PushMatrix() override
  {
    const auto top = vtkSmartPointer<vtkMatrix3x3>::New();
    top->DeepCopy(m_Matrices.back());
    m_Matrices.push_back(top);
  }
  void
  PopMatrix() override
  {
    m_Matrices.pop_back();
  }

  void
  SetClipping(int * rectangle) override
  {
    std::copy_n(rectangle, 4, m_Clip.begin());
  }
  void
  EnableClipping(bool enable) override
  {
    m_IsClipping = enable;
  }

protected:
  PictureDevice()
    : m_Matrices{ vtkSmartPointer<vtkMatrix3x3>::New() }
  {}
  ~PictureDevice() override = default;

private:
  static constexpr int Resolution = 72;

  std::size_t
  SampleAt(int x, int y) const
  {
    return 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(m_Width) + static_cast<std::size_t>(x));
  }

  /** Chart coordinates to pixels. */
  void
  Transform(const double in[2], double out[2]) const
  {
    const double homogeneous[3] = { in[0], in[1], 1.0 };
    double       result[3];
    m_Matrices.back()->MultiplyPoint(homogeneous, result);
    out[0] = result[0];
    out[1] = result[1];
  }

  void
  Blend(int x, int y, const unsigned char * rgb, int alpha)
  {
    const bool isIn = x >= 0 && y >= 0 && x < m_Width && y < m_Height;
    const bool isClipped = m_IsClipping && (x < m_Clip[0] * Samples || x >= (m_Clip[0] + m_Clip[2]) * Samples ||
                                            y < m_Clip[1] * Samples || y >= (m_Clip[1] + m_Clip[3]) * Samples);
    if (isIn && !isClipped && alpha > 0)
    {
      std::uint8_t * const sample = m_Samples.data() + this->SampleAt(x, y);
      for (int c = 0; c < 3; ++c)
      {
        sample[c] = static_cast<std::uint8_t>((sample[c] * (255 - alpha) + rgb[c] * alpha + 127) / 255);
      }
    }
  }

  /** Samples that are within half the pen's width of the line. */
  void
  DrawSegment(const float * from, const float * to)
  {
    if (this->Pen->GetLineType() == vtkPen::NO_PEN)
    {
      return;
    }
    const double in[2][2] = { { static_cast<double>(from[0]), static_cast<double>(from[1]) },
                              { static_cast<double>(to[0]), static_cast<double>(to[1]) } };
    double       a[2];
    double       b[2];
    this->Transform(in[0], a);
    this->Transform(in[1], b);
    for (int k = 0; k < 2; ++k)
    {
      a[k] *= Samples;
      b[k] *= Samples;
    }
    const double        reach = 0.5 * Samples * std::max(1.0, static_cast<double>(this->Pen->GetWidth()));
    const double        length2 = (b[0] - a[0]) * (b[0] - a[0]) + (b[1] - a[1]) * (b[1] - a[1]);
    const unsigned char rgb[3] = { this->Pen->GetColorObject().GetRed(),
                                   this->Pen->GetColorObject().GetGreen(),
                                   this->Pen->GetColorObject().GetBlue() };
    const auto          first = [&](int k, int size)
    { return static_cast<int>(std::min(std::max(std::floor(std::min(a[k], b[k]) - reach), 0.0), double(size))); };
    const auto last = [&](int k, int size)
    { return static_cast<int>(std::min(std::max(std::ceil(std::max(a[k], b[k]) + reach), -1.0), size - 1.0)); };
    for (int y = first(1, m_Height); y <= last(1, m_Height); ++y)
    {
      for (int x = first(0, m_Width); x <= last(0, m_Width); ++x)
      {
        const double dx = x + 0.5 - a[0];
        const double dy = y + 0.5 - a[1];
        const double t =
          length2 > 0.0 ? std::min(std::max((dx * (b[0] - a[0]) + dy * (b[1] - a[1])) / length2, 0.0), 1.0) : 0.0;
        const double offX = dx - t * (b[0] - a[0]);
        const double offY = dy - t * (b[1] - a[1]);
        if (offX * offX + offY * offY <= reach * reach)
        {
          this->Blend(x, y, rgb, this->Pen->GetOpacity());
        }
      }
    }
  }

  /** Samples inside a polygon, by crossings of its edges. */
  void
  Fill(const float * points, int n)
  {
    const unsigned char rgb[3] = { this->Brush->GetColorObject().GetRed(),
                                   this->Brush->GetColorObject().GetGreen(),
                                   this->Brush->GetColorObject().GetBlue() };
    std::vector<double> corners(2 * static_cast<std::size_t>(n));
    for (int k = 0; k < n; ++k)
    {
      const double in[2] = { static_cast<double>(points[2 * k]), static_cast<double>(points[2 * k + 1]) };
      this->Transform(in, corners.data() + 2 * k);
    }
    for (int y = 0; y < m_Height; ++y)
    {
      const double        level = (y + 0.5) / Samples;
      std::vector<double> crossings;
      for (int k = 0; k < n; ++k)
      {
        const double * p = corners.data() + 2 * k;
        const double * q = corners.data() + 2 * ((k + 1) % n);
        if ((p[1] <= level) != (q[1] <= level))
        {
          crossings.push_back(p[0] + (level - p[1]) / (q[1] - p[1]) * (q[0] - p[0]));
        }
      }
      std::sort(crossings.begin(), crossings.end());
      for (std::size_t k = 0; k + 1 < crossings.size(); k += 2)
      {
        const int end = static_cast<int>(std::min(crossings[k + 1] * Samples, static_cast<double>(m_Width)));
        for (int x = static_cast<int>(std::max(crossings[k] * Samples, 0.0)); x < end; ++x)
        {
          this->Blend(x, y, rgb, this->Brush->GetOpacity());
        }
      }
    }
  }

  int                                        m_Width = 0;
  int                                        m_Height = 0;
  std::vector<std::uint8_t>                  m_Samples;
  std::vector<vtkSmartPointer<vtkMatrix3x3>> m_Matrices;
  bool                                       m_IsClipping = false;
  std::array<int, 4>                         m_Clip{ { 0, 0, 0, 0 } };
};
vtkStandardNewMacro(PictureDevice);

/** Colours that people with any kind of colour vision can tell apart (Okabe and Ito 2008), and two more. */
constexpr std::array<std::array<unsigned char, 3>, 8> CurveColors{ { { { 0, 114, 178 } },
                                                                     { { 213, 94, 0 } },
                                                                     { { 0, 158, 115 } },
                                                                     { { 204, 121, 167 } },
                                                                     { { 86, 180, 233 } },
                                                                     { { 230, 159, 0 } },
                                                                     { { 90, 90, 90 } },
                                                                     { { 150, 60, 30 } } } };

vtkSmartPointer<vtkDoubleArray>
MakeColumn(const std::string & name)
{
  auto column = vtkSmartPointer<vtkDoubleArray>::New();
  column->SetName(name.c_str());
  return column;
}

/** One plot for every stretch of finite values; the first is named in the legend. */
void
AddCurve(vtkChartXY * chart, const Curve & curve, const std::array<unsigned char, 3> & color)
{
  bool isNamed = false;
  for (std::size_t first = 0; first < curve.values.size();)
  {
    if (!std::isfinite(curve.values[first]))
    {
      ++first;
      continue;
    }
    const auto  x = MakeColumn("x");
    const auto  y = MakeColumn("y");
    std::size_t end = first;
    for (; end < curve.values.size() && std::isfinite(curve.values[end]); ++end)
    {
      x->InsertNextValue(static_cast<double>(end));
      y->InsertNextValue(curve.values[end]);
    }
    if (end == first + 1)
    {
      // A line of one point would not be seen.
      x->InsertNextValue(static_cast<double>(first) + 0.5);
      y->InsertNextValue(curve.values[first]);
    }
    vtkNew<vtkTable> table;
    table->AddColumn(x);
    table->AddColumn(y);
    vtkPlot * const plot = chart->AddPlot(vtkChart::LINE);
    plot->SetInputData(table, 0, 1);
    plot->SetLabel(isNamed ? "" : curve.name);
    plot->SetLegendVisibility(!isNamed);
    plot->SetColor(color[0], color[1], color[2], 255);
    plot->SetWidth(1.6f);
    isNamed = true;
    first = end;
  }
}

std::vector<std::uint8_t>
DrawChart(const CurveChart & content, const std::array<std::size_t, 2> & size)
{
  const int               width = static_cast<int>(size[0]);
  const int               height = static_cast<int>(size[1]);
  vtkNew<PictureDevice>   device;
  vtkNew<vtkContext2D>    painter;
  vtkNew<vtkContextScene> scene;
  vtkNew<vtkChartXY>      chart;
  chart->SetTitle(content.title);
  chart->GetTitleProperties()->SetFontSize(14);
  chart->SetShowLegend(true);
  chart->GetLegend()->SetLabelSize(10);
  chart->GetLegend()->SetInline(false);
  chart->SetAutoSize(false);
  chart->SetSize(vtkRectf(0.0f, 0.0f, static_cast<float>(width), static_cast<float>(height)));
  chart->GetAxis(vtkAxis::BOTTOM)->SetTitle(content.xLabel);
  chart->GetAxis(vtkAxis::LEFT)->SetTitle("");
  for (std::size_t k = 0; k < content.curves.size(); ++k)
  {
    AddCurve(chart, content.curves[k], CurveColors[k % CurveColors.size()]);
  }
  scene->SetGeometry(width, height);
  scene->AddItem(chart);
  // For values that hardly vary, VTK finds while it paints that curves have to be shifted, and does so the next time.
  for (int time = 0; time < 2; ++time)
  {
    device->SetSize(width, height);
    painter->Begin(device);
    scene->Paint(painter);
    painter->End();
  }
  return device->Picture();
}
} // namespace

bool
IsCurveChartAvailable()
{
  return true;
}

std::vector<std::uint8_t>
DrawCurveCharts(const std::vector<CurveChart> &    charts,
                std::size_t                        columns,
                const std::array<std::size_t, 2> & chartSize)
{
  const std::size_t         rows = (charts.size() + columns - 1) / columns;
  const std::size_t         width = columns * chartSize[0];
  std::vector<std::uint8_t> picture(3 * width * rows * chartSize[1], 255);
  for (std::size_t k = 0; k < charts.size(); ++k)
  {
    const std::vector<std::uint8_t> chart = DrawChart(charts[k], chartSize);
    for (std::size_t y = 0; y < chartSize[1]; ++y)
    {
      const std::size_t row = k / columns * chartSize[1] + y;
      std::copy_n(chart.begin() + static_cast<std::ptrdiff_t>(3 * y * chartSize[0]),
                  3 * chartSize[0],
                  picture.begin() + static_cast<std::ptrdiff_t>(3 * (row * width + k % columns * chartSize[0])));
    }
  }
  return picture;
}

} // namespace colorization
} // namespace itk
