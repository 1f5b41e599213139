// Receiving file contents, which are written to a file from where they lie.

#include "Support.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

const size_t PIECE_LEN = 64 * 1024; // as storage servers ask for
const size_t LINE_LEN = 100; // comes apart from what is sent next
const int TIMEOUT_MS = 5000;

/** A file without a name. */
class File
{
   public:
      File() : fd(memfd_create("contents", MFD_CLOEXEC)) { CHECK(fd >= 0); }
      ~File() { close(fd); }

      void append(const char* data, size_t len)
      {
         CHECK_EQUAL(write(fd, data, len), ssize_t(len));
      }

      std::string contents() const
      {
         std::string text(size_t(lseek(fd, 0, SEEK_END) ), '\0');
         CHECK_EQUAL(pread(fd, &text[0], text.size(), 0), ssize_t(text.size() ) );
         return text;
      }

   private:
      const int fd;
};

} // namespace

static const TestCase toFile("contents get to a file unchanged, most of them without a copy",
   [](Side& side)
   {
      const Connection sock = meet(side);
      std::vector<char> buf(PIECE_LEN);
      size_t numInPlace = 0;

      for(std::string line; (line = side.hear()) != "done"; )
      {
         const size_t len = std::stoul(line);
         File file;

         side.await("sent");
         for(size_t missing = len; missing; )
         {
            char* data = NULL;
            const ssize_t got = NtbSocket::recvContentsT(sock.get(), buf.data(),
               std::min(missing, PIECE_LEN), missing, TIMEOUT_MS, &data);

            CHECK(size_t(got) == std::min(missing, PIECE_LEN) && data);
            file.append(data, got);
            missing -= got;
            numInPlace += (data != buf.data() ) ? got : 0;
         }

         // the answer is what a server would do next with the socket
         sendText(*sock, "ok");
         CHECK(file.contents() == randomBytes(len, len) );
      }

      // of 14.3 MiB; what lies across the end of the ring, and what is short, is copied
      CHECK(numInPlace > size_t(10) << 20);
   },
   [](Side& side)
   {
      const Connection sock = meet(side);

      for(int round = 0; round < 10; round++)
      {
         // some of them end just before the end of the ring, or go across it
         for(const size_t len : {size_t(1), size_t(100), size_t(16383), size_t(65536), size_t(65537),
            size_t(300001), size_t(1) << 20} )
         {
            side.tell(std::to_string(len) );
            sendText(*sock, randomBytes(len, len) );
            side.tell("sent");
            CHECK(receive(*sock, 2) == "ok");
         }
      }
      side.tell("done");
   });

static const TestCase slow("contents that come slowly, and a peer that goes away in the middle",
   [](Side& side)
   {
      const Connection sock = meet(side);
      std::vector<char> buf(PIECE_LEN);
      char* data = NULL;

      throwsExactly<SocketTimeoutException>([&]
         { NtbSocket::recvContentsT(sock.get(), buf.data(), PIECE_LEN, PIECE_LEN, 50, &data); });

      CHECK_EQUAL(NtbSocket::recvContentsT(sock.get(), buf.data(), 0, 0, TIMEOUT_MS, &data), 0);
      side.tell("begin");
      const ssize_t got =
         NtbSocket::recvContentsT(sock.get(), buf.data(), PIECE_LEN, PIECE_LEN, TIMEOUT_MS, &data);
      CHECK_EQUAL(size_t(got), PIECE_LEN);
      CHECK(data == buf.data() );
      CHECK(std::string(data, got) ==
         std::string(LINE_LEN, 'a') + std::string(PIECE_LEN - LINE_LEN, 'b') );

      throwsExactly<SocketDisconnectException>([&]
         { NtbSocket::recvContentsT(sock.get(), buf.data(), PIECE_LEN, PIECE_LEN, TIMEOUT_MS, &data); });
      side.tell("done");
   },
   [](Side& side)
   {
      Connection sock = meet(side);

      side.await("begin");
      sendText(*sock, std::string(LINE_LEN, 'a') );
      pauseMS(100);
      sendText(*sock, std::string(PIECE_LEN - LINE_LEN, 'b') );
      sendText(*sock, std::string(LINE_LEN, 'c') );
      sock.reset();
      side.await("done");
   });

static const TestCase unreadable("contents that the kernel can't read in place are written from a copy",
   [](Side& side)
   {
      const Connection sock = meet(side);
      std::vector<char> buf(PIECE_LEN);
      char* data = NULL;

      side.await("sent");
      const ssize_t got =
         NtbSocket::recvContentsT(sock.get(), buf.data(), PIECE_LEN, PIECE_LEN, TIMEOUT_MS, &data);
      CHECK_EQUAL(size_t(got), PIECE_LEN);
      CHECK(data != buf.data() );

      // a file system that pins its caller's pages; the first few bytes may get through
      for(const ssize_t unreadableRes : {ssize_t(-1), ssize_t(4096)} )
      {
         File file;
         int errCode = 0;
         const ssize_t written = NtbSocket::writeContents(data, buf.data(), got, errCode,
            [&](char* from) -> ssize_t
            {
               if(from == data)
               {
                  errCode = EFAULT;
                  return unreadableRes;
               }

               file.append(from, got);
               return got;
            });

         CHECK_EQUAL(written, got);
         CHECK_EQUAL(errCode, 0);
         CHECK(file.contents() == randomBytes(PIECE_LEN, 1) );
      }

      // any other failure is the caller's to report, and nothing is tried twice
      int numCalls = 0;
      int errCode = 0;
      const auto full = [&](char*) { numCalls++; errCode = ENOSPC; return ssize_t(-1); };
      CHECK_EQUAL(NtbSocket::writeContents(data, buf.data(), got, errCode, full), -1);
      CHECK_EQUAL(errCode, ENOSPC);
      CHECK_EQUAL(numCalls, 1);

      const auto faulty = [&](char* from)
         { numCalls++; CHECK(from == buf.data() ); errCode = EFAULT; return ssize_t(-1); };
      CHECK_EQUAL(NtbSocket::writeContents(NULL, buf.data(), got, errCode, faulty), -1);
      CHECK_EQUAL(NtbSocket::writeContents(buf.data(), buf.data(), got, errCode, faulty), -1);
      CHECK_EQUAL(numCalls, 3);
      side.tell("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      sendText(*sock, randomBytes(PIECE_LEN, 1) );
      side.tell("sent");
      side.await("done");
   });
