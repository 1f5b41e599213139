#include "StreamEchoMsg.h"

#include <algorithm>

bool StreamEchoMsg::processIncoming(ResponseContext& context)
{
   // a damaged request gives a wrong checksum here and with that a wrong answer
   const uint64_t received = StreamHash::of(data.data(), data.size());
   const uint64_t seed = received == checksum ? received : ~received;

   context.sendResponse(StreamEchoRespMsg(seed, answerLen));
   return true;
}

std::string StreamEchoRespMsg::answer(uint64_t seed, uint32_t len)
{
   std::string data(std::min(len, uint32_t(64 << 10)), '\0');
   for(char& byte : data)
   {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      byte = char(seed >> 56);
   }

   return data;
}
