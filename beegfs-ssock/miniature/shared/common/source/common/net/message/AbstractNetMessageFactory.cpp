#include "AbstractNetMessageFactory.h"

std::unique_ptr<NetMessage> AbstractNetMessageFactory::createFromRaw(char* recvBuf,
   size_t bufLen) const
{
   NetMessageHeader header = NetMessageHeader::read(recvBuf, bufLen);
   return createFromPreprocessedBuf(&header, recvBuf + NETMSG_HEADER_LENGTH,
      bufLen - NETMSG_HEADER_LENGTH);
}

std::unique_ptr<NetMessage> AbstractNetMessageFactory::createFromPreprocessedBuf(
   NetMessageHeader* header, char* msgPayloadBuf, size_t msgPayloadBufLen) const
{
   auto msg = createFromMsgType(header->msgType);
   if(!msg || !msg->deserialize(*header, msgPayloadBuf, msgPayloadBufLen))
      return std::make_unique<InvalidMsg>();

   return msg;
}
