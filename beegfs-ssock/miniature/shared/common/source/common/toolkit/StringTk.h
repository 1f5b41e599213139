#pragma once

#include "common/Common.h"

/** Conversions between numbers and text. Text that is no number counts as 0. */
class StringTk
{
   public:
      static std::string intToStr(int value) { return std::to_string(value); }
      static std::string int64ToStr(int64_t value) { return std::to_string(value); }
      static std::string uintToStr(unsigned value) { return std::to_string(value); }
      static std::string uint64ToStr(uint64_t value) { return std::to_string(value); }

      static int strToInt(const std::string& text) { return int(strtol(text.c_str(), nullptr, 10)); }
      static unsigned strToUInt(const std::string& text)
         { return unsigned(strtoul(text.c_str(), nullptr, 10)); }
      static int64_t strToInt64(const std::string& text)
         { return strtoll(text.c_str(), nullptr, 10); }
      static uint64_t strToUInt64(const std::string& text)
         { return strtoull(text.c_str(), nullptr, 10); }
      static bool strToBool(const std::string& text);

      static std::string trim(const std::string& text);
      static void explode(const std::string& text, char delimiter, StringList* outParts);
};
