import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.*;

/** JSSE: "server PORT CERTIFICATE KEY" echoes; "client PORT ROOTS" connects again and again with one session cache. */
public class Live {
    private static final char[] SECRET = "secret".toCharArray();

    public static void main(String[] words) throws Exception {
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
        int port = Integer.parseInt(words[1]);
        if (words[0].equals("server")) serve(context, port);
        else while (true) visit(context, port);
    }

    private static void serve(SSLContext context, int port) throws IOException {
        SSLServerSocket door = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port, 64, InetAddress.getLoopbackAddress());
        door.setEnabledProtocols(new String[] {"TLSv1.2"});
        while (true) {
            Socket socket = door.accept();
            new Thread(() -> echo(socket)).start();
        }
    }

    private static void visit(SSLContext context, int port) throws IOException {
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", port, true);
        socket.setEnabledProtocols(new String[] {"TLSv1.2"});
        echo(socket);
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
