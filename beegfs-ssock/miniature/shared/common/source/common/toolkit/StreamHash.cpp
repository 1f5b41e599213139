#include "StreamHash.h"

#include <algorithm>
#include <cstring>

namespace
{
   // Odd constants with bits all over: digits of the golden ratio and of pi.
   constexpr uint64_t wordFactor = 0x9e3779b97f4a7c15;
   constexpr uint64_t stateFactor = 0x243f6a8885a308d3;

   inline uint64_t rotate(uint64_t value, unsigned bits)
   {
      return (value << bits) | (value >> (64 - bits));
   }

   inline uint64_t step(uint64_t state, uint64_t word)
   {
      return rotate(state ^ (word * wordFactor), 29) * stateFactor;
   }
}

StreamHash::StreamHash()
{
   for(size_t lane = 0; lane < lanes; lane++)
      state[lane] = stateFactor * (lane + 1);
}

void StreamHash::update(const void* data, size_t len)
{
   auto bytes = static_cast<const unsigned char*>(data);
   const size_t held = total % stripe;
   total += len;

   if(held)
   {
      const size_t taken = std::min(len, stripe - held);
      memcpy(pending + held, bytes, taken);
      if(held + taken < stripe)
         return;

      consume(pending, 1);
      bytes += taken;
      len -= taken;
   }

   consume(bytes, len / stripe);
   memcpy(pending, bytes + len / stripe * stripe, len % stripe);
}

void StreamHash::consume(const unsigned char* data, size_t stripes)
{
   uint64_t s0 = state[0], s1 = state[1], s2 = state[2], s3 = state[3];

   for(; stripes; stripes--, data += stripe)
   {
      uint64_t words[lanes];
      memcpy(words, data, stripe);
      s0 = step(s0, words[0]);
      s1 = step(s1, words[1]);
      s2 = step(s2, words[2]);
      s3 = step(s3, words[3]);
   }

   state[0] = s0, state[1] = s1, state[2] = s2, state[3] = s3;
}

uint64_t StreamHash::finish() const
{
   StreamHash last = *this;
   const size_t held = total % stripe;
   memset(last.pending + held, 0, stripe - held);
   last.consume(last.pending, 1);

   uint64_t result = total; // tells apart what differs only in trailing zeros
   for(const uint64_t lane : last.state)
      result = step(result, lane ^ (lane >> 32));

   return result ^ (result >> 31);
}

uint64_t StreamHash::of(const void* data, size_t len)
{
   StreamHash hash;
   hash.update(data, len);
   return hash.finish();
}
