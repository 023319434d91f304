import java.io.FileInputStream;
import java.security.KeyStore;
import javax.net.ssl.*;

/** A JSSE endpoint for recordings: TLS 1.2, one connection after the other.
 *  java Peer.java server PORT STORE | java Peer.java client PORT STORE COUNT */
public class Peer {
    public static void main(String[] args) throws Exception {
        char[] password = "changeit".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new FileInputStream(args[2]), password);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, password);
        X509TrustManager anybody = new X509ExtendedTrustManager() {
            public void checkClientTrusted(java.security.cert.X509Certificate[] c, String a) {}
            public void checkServerTrusted(java.security.cert.X509Certificate[] c, String a) {}
            public void checkClientTrusted(java.security.cert.X509Certificate[] c, String a, java.net.Socket s) {}
            public void checkServerTrusted(java.security.cert.X509Certificate[] c, String a, java.net.Socket s) {}
            public void checkClientTrusted(java.security.cert.X509Certificate[] c, String a, SSLEngine e) {}
            public void checkServerTrusted(java.security.cert.X509Certificate[] c, String a, SSLEngine e) {}
            public java.security.cert.X509Certificate[] getAcceptedIssuers() { return new java.security.cert.X509Certificate[0]; }
        };
        SSLContext context = SSLContext.getInstance("TLSv1.2");
        context.init(keys.getKeyManagers(), new TrustManager[] {anybody}, null);
        int port = Integer.parseInt(args[1]);
        if (args[0].equals("server")) serve(context, port);
        else call(context, port, Integer.parseInt(args[3]));
    }

    static void serve(SSLContext context, int port) throws Exception {
        SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port, 8, java.net.InetAddress.getLoopbackAddress());
        listener.setEnabledProtocols(new String[] {"TLSv1.2"});
        System.out.println("ready");
        while (true) {
            try (SSLSocket socket = (SSLSocket) listener.accept()) {
                socket.getInputStream().transferTo(socket.getOutputStream());
            } catch (SSLException | java.net.SocketException error) {
                System.err.println(error);
            }
        }
    }

    static void call(SSLContext context, int port, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", port)) {
                socket.setEnabledProtocols(new String[] {"TLSv1.2"});
                socket.getOutputStream().write("hello".getBytes());
                socket.getInputStream().readNBytes(5);
            }
        }
    }
}
