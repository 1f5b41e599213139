#pragma once

#include "common/Common.h"

/** Reads `key = value` lines into a map. */
class MapTk
{
   public:
      static void stringMapRedefine(const std::string& key, const std::string& value,
         StringMap* outMap)
      {
         (*outMap)[key] = value;
      }

      static void addLineToStringMap(const std::string& line, StringMap* outMap);
      static void loadStringMapFromFile(const char* filename, StringMap* outMap);
};
