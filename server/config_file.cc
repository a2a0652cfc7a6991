// SPDX-License-Identifier: Apache-2.0
#include "server/config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/time_util.h>
#include <yaml-cpp/yaml.h>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::TimeUtil;

absl::Status ErrorAt(const YAML::Mark& mark, std::string_view path,
                     std::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrCat("line ", mark.line + 1, ": ", ToAbsl(path),
                   path.empty() ? "" : ": ", ToAbsl(problem)));
}

// Whether `text` may be repeated in an error: it can be no credential.
bool IsPlainWord(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '_';
         });
}

// A scalar without quotes: only such a one can be a number.
bool IsPlainScalar(const YAML::Node& node) {
  return node.IsScalar() && node.Tag() == "?";
}

absl::Status ReadMessage(const YAML::Node& node, const std::string& path,
                         Message& message);

// Reads one value of `field`; appends it if the field is repeated.
absl::Status ReadValue(const YAML::Node& node, const std::string& path,
                       const FieldDescriptor* field, Message& message) {
  const Reflection* const reflection = message.GetReflection();
  if (field->message_type() == Duration::descriptor()) {
    absl::Duration duration;
    if (!node.IsScalar() || !absl::ParseDuration(node.Scalar(), &duration)) {
      return ErrorAt(node.Mark(), path, "must be a duration such as 10s");
    }
    // An endless one becomes 292 years, which is out of every range.
    reflection->MutableMessage(&message, field)
        ->CopyFrom(TimeUtil::NanosecondsToDuration(
            absl::ToInt64Nanoseconds(duration)));
    return absl::OkStatus();
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return ReadMessage(node, path,
                       field->is_repeated()
                           ? *reflection->AddMessage(&message, field)
                           : *reflection->MutableMessage(&message, field));
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
    int32_t number = 0;
    if (!IsPlainScalar(node) || !absl::SimpleAtoi(node.Scalar(), &number)) {
      return ErrorAt(node.Mark(), path, "must be a whole number");
    }
    reflection->SetInt32(&message, field, number);
    return absl::OkStatus();
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
    int64_t number = 0;
    if (!IsPlainScalar(node) || !absl::SimpleAtoi(node.Scalar(), &number)) {
      return ErrorAt(node.Mark(), path, "must be a whole number");
    }
    reflection->SetInt64(&message, field, number);
    return absl::OkStatus();
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    const bool is_true = IsPlainScalar(node) && node.Scalar() == "true";
    if (!is_true && !(IsPlainScalar(node) && node.Scalar() == "false")) {
      return ErrorAt(node.Mark(), path, "must be true or false");
    }
    reflection->SetBool(&message, field, is_true);
    return absl::OkStatus();
  }
  if (!node.IsScalar()) return ErrorAt(node.Mark(), path, "must be a string");
  if (field->is_repeated()) {
    reflection->AddString(&message, field, node.Scalar());
  } else {
    reflection->SetString(&message, field, node.Scalar());
  }
  return absl::OkStatus();
}

absl::Status ReadField(const YAML::Node& node, const std::string& path,
                       const FieldDescriptor* field, Message& message) {
  if (!field->is_repeated()) return ReadValue(node, path, field, message);
  if (!node.IsSequence()) {
    return ErrorAt(node.Mark(), path, "must be a list");
  }
  for (size_t i = 0; i < node.size(); ++i) {
    absl::Status status =
        ReadValue(node[i], absl::StrCat(path, "[", i, "]"), field, message);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReadMessage(const YAML::Node& node, const std::string& path,
                         Message& message) {
  if (!node.IsMap()) {
    return ErrorAt(node.Mark(), path, "must be a map of settings");
  }
  std::vector<const FieldDescriptor*> seen;
  for (const auto& entry : node) {
    const YAML::Node& key = entry.first;
    const std::string name = key.IsScalar() ? key.Scalar() : "";
    const FieldDescriptor* const field =
        message.GetDescriptor()->FindFieldByName(name);
    if (field == nullptr) {
      return ErrorAt(key.Mark(), path,
                     IsPlainWord(name)
                         ? absl::StrCat("there is no setting ", name)
                         : "there is no setting of that name");
    }
    const std::string field_path =
        absl::StrCat(path, path.empty() ? "" : ".", name);
    if (std::find(seen.begin(), seen.end(), field) != seen.end()) {
      return ErrorAt(key.Mark(), field_path, "stands here twice");
    }
    seen.push_back(field);
    absl::Status status = ReadField(entry.second, field_path, field, message);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// At most `max_bytes` + 1 bytes of the file, or the system's reason.
absl::StatusOr<std::string> ReadUpTo(const std::string& file_name,
                                     size_t max_bytes) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen(file_name.c_str(), "rb"), std::fclose);
  if (file == nullptr) return absl::NotFoundError(std::strerror(errno));
  std::string text(max_bytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get())) {
    return absl::NotFoundError(std::strerror(errno));
  }
  return text;
}

}  // namespace

absl::StatusOr<config::v1::ServerConfig> ParseConfig(std::string_view yaml) {
  config::v1::ServerConfig config;
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(yaml));
    if (documents.size() > 1) {
      return ErrorAt(documents[1].Mark(), "", "a second document begins");
    }
    if (documents.empty() || documents[0].IsNull()) return config;
    absl::Status status = ReadMessage(documents[0], "", config);
    if (!status.ok()) return status;
    return config;
  } catch (const YAML::Exception& error) {
    // Behind a colon the message may quote the document.
    return ErrorAt(error.mark, "",
                   absl::StrCat("no valid YAML, ",
                                error.msg.substr(0, error.msg.find(':'))));
  }
}

absl::StatusOr<config::v1::ServerConfig> ReadConfigFile(
    const std::string& file_name) {
  constexpr size_t kMaxFileBytes = size_t{1} << 20;
  const auto file_error = [&](absl::string_view problem) {
    return absl::InvalidArgumentError(absl::StrCat(file_name, ": ", problem));
  };
  const absl::StatusOr<std::string> text = ReadUpTo(file_name, kMaxFileBytes);
  if (!text.ok()) return file_error(text.status().message());
  if (text->size() > kMaxFileBytes) return file_error("larger than 1 MiB");
  absl::StatusOr<config::v1::ServerConfig> config = ParseConfig(*text);
  if (!config.ok()) return file_error(config.status().message());
  return config;
}

}  // namespace slotplanner
