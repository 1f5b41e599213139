#include "common/app/log/LogContext.h"
#include "common/system/System.h"
#include "common/toolkit/StreamHash.h"
#include "WriteLocalFileMsgEx.h"

#include <unistd.h>
#include <vector>

namespace {

/** What the file holds. Short if it can't be read, and then differs from what was sent. */
uint64_t hashOf(const SessionLocalFile& file)
{
   StreamHash hash;
   std::vector<char> piece(128 << 10);

   for(off_t at = 0; ; )
   {
      const ssize_t got = pread(file.getFD(), piece.data(), piece.size(), at);
      if(got <= 0)
         return hash.finish();

      hash.update(piece.data(), got);
      at += got;
   }
}

} // namespace

/** Takes the contents as a storage server does, to a file, and says what that holds then. */
template<class Msg, typename WriteState>
uint64_t WriteLocalFileMsgExBase<Msg, WriteState>::takeContents(
   NetMessage::ResponseContext& context, uint64_t count)
{
   SessionLocalFile file;
   WriteState state{&file, count};

   return incrementalRecvAndWriteStateful(context, state) ? hashOf(file) : 0;
}

/** @return false if not all of it could be written; it has been received nevertheless */
template<class Msg, typename WriteState>
bool WriteLocalFileMsgExBase<Msg, WriteState>::incrementalRecvAndWriteStateful(
   NetMessage::ResponseContext& ctx, WriteState& writeState)
{
   const int fileFD = writeState.sessionLocalFile->getFD();
   const int* fd = &fileFD; // upstream's is a handle that counts references
   int errCode = 0;

   while(writeState.toBeReceived)
   {
      const ssize_t recvRes = this->writeStateRecvData(ctx, writeState);
      const ssize_t writeRes =
         doWrite(*fd, ctx.getBuffer(), recvRes, writeState.writeOffset, errCode);

      if(writeRes != recvRes)
         LogContext("Stream").log(Log_WARNING, "Can't write: " + System::getErrString(errCode));

      writeState.writeOffset += recvRes;
      writeState.toBeReceived -= recvRes;
   }

   return !errCode;
}

/** @return bytes written; outErrno is set if that is not all */
template<class Msg, typename WriteState>
ssize_t WriteLocalFileMsgExBase<Msg, WriteState>::doWrite(int fd, char* buf, size_t count,
   off_t offset, int& outErrno)
{
   size_t written = 0;

   while(written < count)
   {
      const ssize_t done = pwrite(fd, buf + written, count - written, offset + written);
      if(done == -1)
      {
         outErrno = errno;
         break;
      }

      written += done;
   }

   return written;
}

template class WriteLocalFileMsgExBase<WriteLocalFileMsgSender, WriteStateBase>;
