#ifndef HEYHI_SERVING_MHD_CLIENT_CERTIFICATE_H_
#define HEYHI_SERVING_MHD_CLIENT_CERTIFICATE_H_

#include "serving/tls_identity.h"

struct MHD_Connection;

namespace heyhi::internal {

// Asks the client of a connection that has just been opened for a certificate, where
// that is wanted at all. The library would ask only where an authority is given.
void AskForClientCertificate(MHD_Connection* connection, ClientAuth client_auth);

// Whether the client has shown what `client_auth` demands. Once the handshake is over.
bool HasClientCertificate(MHD_Connection* connection, ClientAuth client_auth);

}  // namespace heyhi::internal

#endif  // HEYHI_SERVING_MHD_CLIENT_CERTIFICATE_H_
