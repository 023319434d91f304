import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.*;

/**
 * JSSE: "server PORT CERTIFICATE KEY" echoes; "client PORT ROOTS" connects again and again with one session cache.
 * "clients PORT" is told by each connection to PORT what a client of its own, with a cache of its own, is to be started
 * with: "PORT ROOTS" on one line. It lives as long as that connection, so that a virtual machine is started once only.
 */
public class Live {
    private static final char[] SECRET = "secret".toCharArray();

    public static void main(String[] words) throws Exception {
        int port = Integer.parseInt(words[1]);
        switch (words[0]) {
            case "server" -> serve(context(words), port);
            case "client" -> new Client(context(words), port).run();
            case "clients" -> start(port);
            default -> throw new IllegalArgumentException(words[0]);
        }
    }

    private static SSLContext context(String[] words) throws GeneralSecurityException, IOException {
        KeyStore own = KeyStore.getInstance("PKCS12"), trusted = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        trusted.load(null, null);
        X509Certificate certificate;
        try (InputStream input = Files.newInputStream(Path.of(words[2]))) {
            certificate = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(input);
        }
        trusted.setCertificateEntry("root", certificate);
        if (words[0].equals("server")) {
            String text = Files.readString(Path.of(words[3])).replaceAll("-----[A-Z ]+-----|\\s", "");
            PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
            own.setKeyEntry("own", key, SECRET, new java.security.cert.Certificate[] {certificate});
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, SECRET);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLSv1.2");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static void serve(SSLContext context, int port) throws IOException {
        SSLServerSocket door = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port, 64, InetAddress.getLoopbackAddress());
        door.setEnabledProtocols(new String[] {"TLSv1.2"});
        while (true) {
            Socket socket = door.accept();
            new Thread(() -> echo(socket)).start();
        }
    }

    private static void start(int port) throws IOException {
        ServerSocket door = new ServerSocket(port, 64, InetAddress.getLoopbackAddress());
        while (true) {
            Socket told = door.accept();
            new Thread(() -> follow(told)).start();
        }
    }

    private static void follow(Socket told) {
        try (told) {
            BufferedReader lines = new BufferedReader(new InputStreamReader(told.getInputStream(), StandardCharsets.UTF_8));
            String line = lines.readLine();
            if (line == null) return;
            String[] words = ("client " + line).split(" ");
            Client client = new Client(context(words), Integer.parseInt(words[1]));
            new Thread(client).start();
            while (lines.readLine() != null) continue;
            client.end();
        } catch (IOException | GeneralSecurityException error) {
            System.out.println(error);
        }
    }

    /** A session cache, and one connection after the other that shares it, until it is told to end or nobody listens. */
    private static class Client implements Runnable {
        private final SSLContext context;
        private final int port;
        private Socket plain;
        private boolean over;

        Client(SSLContext context, int port) {
            this.context = context;
            this.port = port;
        }

        public void run() {
            try {
                for (Socket next = connect(); next != null; next = connect()) {
                    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(next, "localhost", port, true);
                    socket.setEnabledProtocols(new String[] {"TLSv1.2"});
                    echo(socket);
                }
            } catch (IOException end) {
                System.out.println(end);
            }
        }

        private synchronized Socket connect() throws IOException {
            plain = over ? null : new Socket(InetAddress.getLoopbackAddress(), port);
            return plain;
        }

        synchronized void end() throws IOException {
            over = true;
            if (plain != null) plain.close();
        }
    }

    private static void echo(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            ((SSLSocket) socket).startHandshake();
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException end) {
            System.out.println(end);
        }
    }
}
