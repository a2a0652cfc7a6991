# SPDX-License-Identifier: Apache-2.0
# cmake -D INPUT=FILE -D OUTPUT=FILE.cc -D NAME=kName -P EmbedFile.cmake
# Writes a source that defines `extern const std::string_view slotplanner::kName`
# with the bytes of INPUT.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)"
       "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "#include <string_view>
namespace slotplanner {
static constexpr unsigned char kBytes[] = {
${bytes}};
extern const std::string_view ${NAME};
const std::string_view ${NAME}(reinterpret_cast<const char*>(kBytes),
                               sizeof(kBytes));
}  // namespace slotplanner
")
