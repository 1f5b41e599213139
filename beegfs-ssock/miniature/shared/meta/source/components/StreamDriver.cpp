#include "common/net/message/debug/GenericDebugMsg.h"
#include "common/net/message/stream/StreamEchoMsg.h"
#include "common/net/message/stream/StreamReadMsg.h"
#include "common/net/message/stream/StreamWriteMsg.h"
#include "common/toolkit/MessagingTk.h"
#include "StreamDriver.h"

#include <algorithm>

namespace
{
   using Clock = std::chrono::steady_clock;

   double secondsSince(Clock::time_point start)
   {
      return std::chrono::duration<double>(Clock::now() - start).count();
   }
}

StreamDriver::StreamDriver(DaemonApp& app, Node& peer, const Config& cfg) : PThread("Driver"),
   app(app), peer(peer), cfg(cfg), log("Driver"), buffer(cfg.getDemoRequestSize()) {}

void StreamDriver::run()
{
   try
   {
      runWorkload();
   }
   catch(std::exception& e)
   {
      failure = e.what();
      log.logErr(failure);
   }

   try
   {
      writeReport(report());
   }
   catch(std::exception& e)
   {
      failure = e.what();
      log.logErr(failure);
   }

   app.requestStop(failure.empty() ? DaemonApp::Result_OK : DaemonApp::Result_RUNTIME);
}

void StreamDriver::runWorkload()
{
   bulkWrite();
   bulkRead();
   smallExchanges();
   served = askWhatWasServed();
}

/** The data and its checksum are made before the clock starts; the server checks as it receives. */
void StreamDriver::bulkWrite()
{
   for(uint64_t offset = 0; offset < cfg.getDemoBytes(); offset += buffer.size())
   {
      const size_t count = std::min(uint64_t(buffer.size()), cfg.getDemoBytes() - offset);
      pattern.copyTo(buffer.data(), count, offset);
      const uint64_t checksum = StreamHash::of(buffer.data(), count);
      const auto header = MessagingTk::createMsgVec(StreamWriteMsg(count, checksum));
      StreamWriteRespMsg response;

      request([&](Socket& sock)
      {
         AddrTk::sendto(sock, header.data(), header.size());
         sock.send(buffer.data(), count, 0);
         MessagingTk::recvMsg(sock, response, cfg.getConnMsgMediumTimeout());
      }, write);

      write.bytes += count;
      write.mismatches += !response.confirms(count, checksum);
   }
}

/** Both sides make their checksum while the data moves. */
void StreamDriver::bulkRead()
{
   for(uint64_t offset = 0; offset < cfg.getDemoBytes(); offset += buffer.size())
   {
      const size_t count = std::min(uint64_t(buffer.size()), cfg.getDemoBytes() - offset);
      const auto header = MessagingTk::createMsgVec(StreamReadMsg(offset, count));

      request([&](Socket& sock)
      {
         AddrTk::sendto(sock, header.data(), header.size());
         receiveStream(sock, count);
      }, read);

      read.bytes += count;
   }
}

/** @throw SocketException also if the server sends another amount */
void StreamDriver::receiveStream(Socket& sock, uint64_t count)
{
   const int timeoutMS = cfg.getConnMsgMediumTimeout();
   char number[sizeof(uint64_t)];
   StreamHash hash;
   uint64_t done = 0;

   for(uint64_t piece = 1; piece; done += piece)
   {
      sock.recvExactT(number, sizeof(number), 0, timeoutMS);
      piece = ReadBuffer(number, sizeof(number)).u64();
      if(piece > count - done)
         throw SocketException("The server sends more than was asked for");

      if(piece)
         sock.recvExactT(buffer.data() + done, piece, 0, timeoutMS);
      hash.update(buffer.data() + done, piece);
   }

   sock.recvExactT(number, sizeof(number), 0, timeoutMS);
   read.mismatches += done != count ||
      hash.finish() != ReadBuffer(number, sizeof(number)).u64();
}

/** Requests and answers of the sizes that metadata messages have: 100 to 500 bytes. */
void StreamDriver::smallExchanges()
{
   for(unsigned i = 0; i < cfg.getDemoExchanges(); i++)
   {
      const uint32_t requestLen = 64 + i * 37 % 384;
      const uint32_t answerLen = 64 + i * 101 % 384;
      std::string data(buffer.data() + i * 11 % 4096, std::min<size_t>(requestLen, 3000));
      data.replace(0, 4, reinterpret_cast<const char*>(&i), 4);
      const auto msg = MessagingTk::createMsgVec(StreamEchoMsg(data, answerLen));
      StreamEchoRespMsg response;

      request([&](Socket& sock)
      {
         AddrTk::sendto(sock, msg.data(), msg.size());
         MessagingTk::recvMsg(sock, response, cfg.getConnMsgShortTimeout());
      }, exchanges);

      exchanges.bytes += requestLen + answerLen;
      exchanges.mismatches += !response.answers(StreamHash::of(data.data(), data.size()),
         answerLen);
   }
}

/**
 * Runs one request on a connection of the pool. Like BeeGFS's own messaging, it tries once more
 * after a communication error: the connection may have been an old one.
 *
 * @throw SocketException
 */
void StreamDriver::request(const Request& exchange, StreamPhase& phase)
{
   if(getSelfTerminate())
      throw SocketException("Stopped before the end of the workload");

   if(!tryRequest(exchange, phase) )
   {
      retries++;
      if(!tryRequest(exchange, phase))
         throw SocketException("No success also on a new connection");
   }
}

/** @return false after an error on the connection */
bool StreamDriver::tryRequest(const Request& exchange, StreamPhase& phase)
{
   NodeConnPool* pool = peer.getConnPool();
   Socket* sock = pool->acquireStreamSocket();
   HighResolutionStats counted;
   sock->setStats(&counted);
   bool success = false;

   if(sock->getSockType() == NICADDRTYPE_STANDARD && congestion == "none")
      congestion = static_cast<StandardSocket*>(sock)->getTcpCongestion();

   const auto start = Clock::now();
   try
   {
      exchange(*sock);
      success = true;
   }
   catch(SocketException& e)
   {
      log.log(Log_WARNING, e.what());
   }

   const double seconds = secondsSince(start);
   sock->unsetStats();
   auto& path = paths[NetworkInterfaceCard::nicTypeToString(sock->getSockType())].incVals;
   path.netSendBytes += counted.incVals.netSendBytes;
   path.netRecvBytes += counted.incVals.netRecvBytes;
   path.workRequests++;

   if(!success)
   {
      pool->invalidateStreamSocket(sock);
      return false;
   }

   pool->releaseStreamSocket(sock);
   phase.seconds += seconds;
   phase.latencies.push_back(seconds * 1e6);
   return true;
}

/**
 * A worker counts its requests when it comes back to its queue, which may be a while after the
 * answer: asks until nothing but the question itself is added.
 */
std::string StreamDriver::askWhatWasServed()
{
   const auto pause = std::chrono::milliseconds(20);
   const int triesMost = 100;
   std::string text;
   uint64_t known = 0;

   for(int i = 0; i < triesMost; i++)
   {
      std::this_thread::sleep_for(pause);
      text = askServer("served");

      std::istringstream lines(text);
      std::string name;
      uint64_t received, sent, requests, queued, sum = 0;
      while(lines >> name >> received >> sent >> requests >> queued)
         sum += requests;

      if(sum == known + 1)
         break;

      known = sum;
   }

   return text;
}

std::string StreamDriver::askServer(const std::string& command)
{
   const auto msg = MessagingTk::createMsgVec(GenericDebugMsg(command));
   GenericDebugRespMsg response;
   StreamPhase uncounted;

   request([&](Socket& sock)
   {
      AddrTk::sendto(sock, msg.data(), msg.size());
      MessagingTk::recvMsg(sock, response, cfg.getConnMsgShortTimeout());
   }, uncounted);

   return response.getAnswer();
}
