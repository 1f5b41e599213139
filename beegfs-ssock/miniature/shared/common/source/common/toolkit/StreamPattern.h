#pragma once

#include "common/Common.h"

/**
 * The content of the demonstration's byte stream: a block that repeats, like data that a server
 * has in its page cache, but with the position in the stream in every 4 KiB page. So no page is
 * like another one, and data that arrives twice, late or in another place changes the checksum.
 */
class StreamPattern
{
   public:
      static constexpr size_t pageSize = 4096;

      StreamPattern();

      /** Writes the bytes of the stream from offset (a multiple of pageSize) on. */
      void copyTo(char* out, size_t len, uint64_t offset) const;

   private:
      std::vector<char> block;
};
