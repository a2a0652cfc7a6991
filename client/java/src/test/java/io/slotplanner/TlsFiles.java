// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate that vouches for itself, made by the JDK's keytool. */
final class TlsFiles {
  private static final char[] PASSWORD = "password".toCharArray();

  private final Path directory;
  private final KeyStore store;

  /** `name` is a subject alternative name as keytool writes it, such as `ip:127.0.0.1`. */
  TlsFiles(Path directory, String name)
      throws IOException, GeneralSecurityException, InterruptedException {
    this.directory = directory;
    keytool(
        "-genkeypair",
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-dname",
        "CN=slotplanner test",
        "-ext",
        "san=" + name,
        "-validity",
        "1");
    keytool("-exportcert", "-rfc", "-file", certificate().toString());
    store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(directory.resolve("store.p12"))) {
      store.load(in, PASSWORD);
    }
  }

  /** In PEM. */
  File certificate() {
    return directory.resolve("certificate.pem").toFile();
  }

  KeyManagerFactory keys() throws GeneralSecurityException {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    return keys;
  }

  SSLContext serverContext() throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys().getKeyManagers(), null, null);
    return context;
  }

  /** That trusts the certificate and no other. */
  SSLContext clientContext() throws GeneralSecurityException, IOException {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("node", store.getCertificate("mykey"));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private void keytool(String... args) throws IOException, InterruptedException {
    Path program = Path.of(System.getProperty("java.home"), "bin", "keytool");
    java.util.List<String> command = new java.util.ArrayList<>();
    command.add(program.toString());
    command.addAll(java.util.List.of(args));
    command.addAll(
        java.util.List.of(
            "-storetype",
            "PKCS12",
            "-storepass",
            new String(PASSWORD),
            "-keystore",
            directory.resolve("store.p12").toString()));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (process.waitFor() != 0) {
      throw new IOException("keytool failed.");
    }
  }
}
