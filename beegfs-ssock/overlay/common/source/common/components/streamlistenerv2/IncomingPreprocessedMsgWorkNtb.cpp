#include <common/app/AbstractApp.h>
#include <common/components/streamlistenerv2/StreamListenerV2.h>
#include <common/net/sock/NtbSocket.h>
#include <common/components/worker/Worker.h>
#include "IncomingPreprocessedMsgWork.h"

/*
 * What a worker does after a request that came over NTB. Giving the connection back to its listener
 * and getting the next request from there costs two wake-ups, each of them many times what a small
 * request takes over this transport. So a worker looks for the next request itself, for as long as
 * connNTBPollUsecs and what the connection did lately allow, and serves it; a few of them if others
 * wait for a worker.
 */

// requests that are served in a row: bounds the stack, and how long a worker is away from its queue
static const unsigned NTB_SERVE_MOST = 32;

// for how long a worker stays with a connection if others wait for one
static const std::chrono::microseconds NTB_ROW_WHILE_OTHERS_WAIT(100);

static const int NTB_HEADER_TIMEOUT_MS = 5000; // as in the stream listeners

/**
 * Serves the connection's next request, queues it, or gives the connection back to its listener.
 * This object doesn't own the connection afterwards.
 */
void IncomingPreprocessedMsgWork::finishOnNtb(char* bufIn, unsigned bufInLen, char* bufOut,
   unsigned bufOutLen)
{
   bool isNextHere = false;

   sock->unsetStats();

   try
   {
      isNextHere = takeNextFromNtb();
   }
   catch(SocketException& e)
   {
      const bool isUsual = dynamic_cast<SocketDisconnectException*>(&e);
      LogContext("Work (next request over NTB)").log(isUsual ? Log_DEBUG : Log_NOTICE,
         "Connection closed: " + sock->getPeername() + ": " + e.what() );

      delete(sock);
      return;
   }

   if(!isNextHere)
      return;

   stats.incVals.workRequests++; // the worker counts one for this object
   process(bufIn, bufInLen, bufOut, bufOutLen);
}

/**
 * Whether the worker that runs this may wait for this connection's peer. Not if it has work of its own
 * or is to end, which others wait for, resyncs for example. And only for a moment if requests of
 * others wait for a worker: to change the connection after each small request would cost all of them
 * more than they wait.
 */
bool IncomingPreprocessedMsgWork::mayWorkerStay(Worker* worker) const
{
   if(!worker)
      return false;

   MultiWorkQueue* queue = worker->getWorkQueue();

   if(worker->getSelfTerminate() ||
      !queue->getIsPersonalQueueEmpty(worker->getPersonalWorkQueue() ) )
      return false;

   // a direct worker can't help with what piles up for the others
   const size_t numWaiting = (worker->workType == QueueWorkType_DIRECT) ?
      queue->getDirectWorkListSize() : queue->getNumPendingWorks();

   return !numWaiting || (std::chrono::steady_clock::now() - rowStart < NTB_ROW_WHILE_OTHERS_WAIT);
}

/**
 * @return true if this object has become the next request; false if somebody else has the
 * connection now.
 * @throw SocketException the connection is still this object's.
 */
bool IncomingPreprocessedMsgWork::takeNextFromNtb()
{
   StreamListenerV2* listener = app->getStreamListenerByFD(sock->getFD() );
   auto* worker = dynamic_cast<Worker*>(PThread::getCurrentThread() );

   if(!numServedInRow)
      rowStart = std::chrono::steady_clock::now();

   NtbSocket* ntbSock = static_cast<NtbSocket*>(sock);
   const bool mayStay = mayWorkerStay(worker);
   const ssize_t numAvailable =
      mayStay ? ntbSock->nonblockingRecvCheck() : ntbSock->recvCheckAtOnce();

   if(!numAvailable)
   {
      // its descriptor will tell the listener
      if(!listener->armNtb(sock) )
      {
         StreamListenerV2::SockReturnPipeInfo info(
            StreamListenerV2::SockPipeReturn_MSGDONE_NOIMMEDIATE, sock);
         listener->getSockReturnFD()->write(&info, sizeof(info) );
      }

      return false;
   }

   char headerBuf[NETMSG_HEADER_LENGTH];
   NetMessageHeader nextHeader;

   sock->recvExactT(headerBuf, NETMSG_HEADER_LENGTH, 0, NTB_HEADER_TIMEOUT_MS);
   NetMessage::deserializeHeader(headerBuf, NETMSG_HEADER_LENGTH, &nextHeader);
   sock->setHasActivity();

   // this message may have made the channel one that other workers are for
   const bool isSameChannel = (msgHeader.msgType != NETMSGTYPE_SetChannelDirect);

   StreamListenerWorkQueue* nextQueue = listener->getWorkQueue(nextHeader.msgTargetID);

   // what came to the queue meanwhile was there before this
   if(mayStay && mayWorkerStay(worker) && (nextQueue == worker->getWorkQueue() ) && isSameChannel &&
      (++numServedInRow < NTB_SERVE_MOST) )
   {
      msgHeader = nextHeader;
      return true;
   }

   // a worker may own the connection as soon as it is queued
   const bool isDirect = sock->getIsDirect();
   auto* work = new IncomingPreprocessedMsgWork(app, sock, &nextHeader);

   if(isDirect)
      nextQueue->addDirectWork(work, nextHeader.msgUserID);
   else
      nextQueue->addIndirectWork(work, nextHeader.msgUserID);

   return false;
}
