// SPDX-License-Identifier: Apache-2.0
#include "service/qr.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <png.h>
#include <qrcodegen/qrcodegen.hpp>
#include <unistd.h>

namespace syncline::service {
namespace {

constexpr int quiet_zone = 4;
constexpr int png_pixels_per_module = 8;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

Result<File> create_private(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return fail(errno == EEXIST ? Errc::already_exists : Errc::io,
                "cannot make " + path.string() + ": " + std::strerror(errno));
  File file(::fdopen(descriptor, "wb"));
  if (!file) {
    ::close(descriptor);
    return fail(Errc::io, "cannot write " + path.string());
  }
  return file;
}

Status finish(File file, const std::filesystem::path& path) {
  if (std::fclose(file.release()) != 0)
    return fail(Errc::io, "cannot write " + path.string() + ": " + std::strerror(errno));
  return {};
}

}  // namespace

Result<Qr> Qr::of(std::string_view text) {
  try {
    const auto code =
        qrcodegen::QrCode::encodeText(std::string(text).c_str(), qrcodegen::QrCode::Ecc::MEDIUM);
    Qr made;
    made.size_ = code.getSize() + 2 * quiet_zone;
    for (int y = 0; y < made.size_; ++y)
      for (int x = 0; x < made.size_; ++x)
        made.dark_.push_back(code.getModule(x - quiet_zone, y - quiet_zone));
    return made;
  } catch (const qrcodegen::data_too_long&) {
    return fail(Errc::oversized, "the invitation does not fit into a QR code");
  }
}

bool Qr::is_dark(int x, int y) const {
  if (x < 0 || y < 0 || x >= size_ || y >= size_) return false;
  return dark_[static_cast<std::size_t>(y * size_ + x)];
}

std::string Qr::for_terminal() const {
  std::string out;
  for (int y = 0; y < size_; y += 2) {
    out += "\x1b[38;5;16;48;5;231m";  // black on white, whatever the theme
    for (int x = 0; x < size_; ++x) {
      const bool upper = is_dark(x, y);
      const bool lower = is_dark(x, y + 1);
      out += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    out += "\x1b[0m\n";
  }
  return out;
}

std::string Qr::svg() const {
  const std::string side = std::to_string(size_);
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + side + " " + side +
                    "\" shape-rendering=\"crispEdges\"><rect width=\"" + side + "\" height=\"" +
                    side + "\" fill=\"#fff\"/><path fill=\"#000\" d=\"";
  for (int y = 0; y < size_; ++y)
    for (int x = 0; x < size_; ++x)
      if (is_dark(x, y)) out += "M" + std::to_string(x) + " " + std::to_string(y) + "h1v1h-1z";
  return out + "\"/></svg>\n";
}

Status Qr::write_svg(const std::filesystem::path& path) const {
  auto file = create_private(path);
  if (!file) return pass(file);
  const std::string text = svg();
  if (std::fwrite(text.data(), 1, text.size(), file->get()) != text.size())
    return fail(Errc::io, "cannot write " + path.string());
  return finish(std::move(*file), path);
}

Status Qr::write_png(const std::filesystem::path& path) const {
  const int side = size_ * png_pixels_per_module;
  std::vector<std::uint8_t> pixels;
  pixels.reserve(static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      pixels.push_back(is_dark(x / png_pixels_per_module, y / png_pixels_per_module) ? 0 : 255);
  auto file = create_private(path);
  if (!file) return pass(file);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(side);
  image.height = static_cast<png_uint_32>(side);
  image.format = PNG_FORMAT_GRAY;
  if (png_image_write_to_stdio(&image, file->get(), 0, pixels.data(), 0, nullptr) == 0)
    return fail(Errc::io, "cannot write " + path.string() + ": " + image.message);
  return finish(std::move(*file), path);
}

}  // namespace syncline::service
