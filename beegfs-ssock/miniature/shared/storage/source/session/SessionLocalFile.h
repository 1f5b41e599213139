#pragma once

/**
 * The file that a stream's contents go to. It has no name, and is gone with this object. If there can
 * be none, that shows when it is written to.
 */
class SessionLocalFile
{
   public:
      SessionLocalFile();
      ~SessionLocalFile();

      SessionLocalFile(const SessionLocalFile&) = delete;
      SessionLocalFile& operator=(const SessionLocalFile&) = delete;

      int getFD() const { return fd; }
      bool getIsDirectIO() const { return false; }

   private:
      int fd;
};
