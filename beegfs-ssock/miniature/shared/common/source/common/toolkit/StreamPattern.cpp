#include "StreamPattern.h"

#include <algorithm>

StreamPattern::StreamPattern() : block(1 << 20)
{
   uint64_t word = 0x853c49e6748fea9b; // xorshift64
   for(size_t at = 0; at < block.size(); at += sizeof(word))
   {
      word ^= word << 13;
      word ^= word >> 7;
      word ^= word << 17;
      memcpy(&block[at], &word, sizeof(word));
   }
}

void StreamPattern::copyTo(char* out, size_t len, uint64_t offset) const
{
   for(size_t done = 0; done < len; )
   {
      const size_t at = (offset + done) % block.size();
      const size_t part = std::min(len - done, block.size() - at);
      memcpy(out + done, &block[at], part);
      done += part;
   }

   for(size_t page = 0; page + sizeof(offset) <= len; page += pageSize)
   {
      const uint64_t position = offset + page;
      memcpy(out + page, &position, sizeof(position));
   }
}
