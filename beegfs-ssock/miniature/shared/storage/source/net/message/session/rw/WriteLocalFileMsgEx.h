#pragma once

#include "common/app/AbstractApp.h"
#include "common/net/message/stream/StreamWriteMsg.h"
#include <session/SessionLocalFile.h>

#include <algorithm>

#define WRITELOCALFILEMSG_FLAG_BUDDYMIRROR_FORWARD 8

/** How far a stream is on its way from the network to its file. */
struct WriteStateBase
{
   SessionLocalFile* sessionLocalFile;
   uint64_t toBeReceived;
   off_t writeOffset = 0;
   ssize_t recvLength = 0; // of the last piece
};

/** Writes a stream to a file, piece by piece; how a piece is received is Msg's business. */
template<class Msg, typename WriteState>
class WriteLocalFileMsgExBase : public Msg
{
   protected:
      uint64_t takeContents(NetMessage::ResponseContext& context, uint64_t count) override;

   private:
      bool incrementalRecvAndWriteStateful(NetMessage::ResponseContext& ctx, WriteState& writeState);
      ssize_t doWrite(int fd, char* buf, size_t count, off_t offset, int& outErrno);
};

/** A stream whose sender sends its contents after the message. */
class WriteLocalFileMsgSender : public StreamWriteMsg
{
   protected:
      ssize_t writeStateRecvData(ResponseContext& ctx, WriteStateBase& ws)
      {
         constexpr uint64_t pieceSize = 128 << 10;
         const int connMsgMediumTimeout =
            PThread::getCurrentThreadApp()->getCommonConfig()->getConnMsgMediumTimeout();

         ws.recvLength = std::min({ws.toBeReceived, pieceSize, uint64_t(ctx.getBufferLength())});
         return ctx.getSocket()->recvExactT(ctx.getBuffer(), ws.recvLength, 0, connMsgMediumTimeout);
      }
};

using WriteLocalFileMsgEx = WriteLocalFileMsgExBase<WriteLocalFileMsgSender, WriteStateBase>;
