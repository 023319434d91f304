import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import javax.net.ssl.*;

/** Java's own JSSE, or another provider of it, in both roles; see scripted.py. */
public class Jsse {
    private static final int PATIENCE = 10_000;
    private static final char[] SECRET = "secret".toCharArray();
    private static final List<String> positional = new ArrayList<>();
    private static final Map<String, String> options = new HashMap<>();
    private static String provider = null;

    public static void main(String[] words) throws Exception {
        provider = System.getProperty("driver.provider");
        if (provider != null) {
            for (String each : provider.split(",")) Security.addProvider((Provider) Class.forName(each).getConstructor().newInstance());
            provider = "BCJSSE";
        }
        for (int at = 0; at < words.length; at++) {
            if (words[at].equals("--no-tickets") || words[at].equals("--version")) options.put(words[at], "yes");
            else if (words[at].startsWith("--")) options.put(words[at], words[++at]);
            else positional.add(words[at]);
        }
        if (options.containsKey("--version")) {
            System.out.println(provider == null ? System.getProperty("java.version") : "1.82 (" + Security.getProvider("BCJSSE").getInfo() + ")");
        } else if (positional.size() == 2) {
            if (options.containsKey("--no-tickets")) System.setProperty("jdk.tls.server.enableSessionTicketExtension", "false");
            serve(context(positional.get(0), positional.get(1), options.get("--client-roots")));
        } else {
            if (options.containsKey("--no-tickets")) System.setProperty("jdk.tls.client.enableSessionTicketExtension", "false");
            visitAll(context(options.get("--certificate"), options.get("--key"), options.get("--roots")));
        }
    }

    private static List<X509Certificate> certificates(String file) throws Exception {
        List<X509Certificate> found = new ArrayList<>();
        try (InputStream input = Files.newInputStream(Path.of(file))) {
            for (java.security.cert.Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(input)) found.add((X509Certificate) each);
        }
        return found;
    }

    private static PrivateKey key(String file, String algorithm) throws Exception {
        String text = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
    }

    private static SSLContext context(String certificate, String key, String roots) throws Exception {
        KeyStore own = KeyStore.getInstance("PKCS12"), trusted = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        trusted.load(null, null);
        if (certificate != null) {
            X509Certificate[] chain = certificates(certificate).toArray(new X509Certificate[0]);
            own.setKeyEntry("own", key(key, chain[0].getPublicKey().getAlgorithm()), SECRET, chain);
        }
        if (roots != null) for (X509Certificate each : certificates(roots)) trusted.setCertificateEntry(each.getSerialNumber().toString(), each);
        KeyManagerFactory keys = provider == null ? KeyManagerFactory.getInstance("PKIX") : KeyManagerFactory.getInstance("PKIX", provider);
        keys.init(own, SECRET);
        TrustManager[] trust = null;
        if (roots != null) {
            TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
            managers.init(trusted);
            trust = managers.getTrustManagers();
        }
        SSLContext context = provider == null ? SSLContext.getInstance("TLSv1.2") : SSLContext.getInstance("TLSv1.2", provider);
        context.init(keys.getKeyManagers(), trust, null);
        return context;
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char each : text.toCharArray()) {
            if (each < ' ' || each > '~' || each == '"' || each == '\\') quoted.append(String.format("\\u%04x", (int) each));
            else quoted.append(each);
        }
        return quoted.append('"').toString();
    }

    private static void sayEnd(boolean resumed, byte[] heard, String more) {
        System.out.println("{\"resumed\": " + resumed + ", \"heard\": " + quoted(new String(heard, StandardCharsets.ISO_8859_1)) + more + "}");
    }

    private static void sayFailure(Exception error) {
        System.out.println("{\"resumed\": null, \"error\": " + quoted(error.toString()) + "}");
    }


    private static boolean resumed(SSLSocket socket) {
        SSLSession session = socket.getSession();
        long begun = starts.get(socket);
        return session.getCreationTime() < begun;
    }

    private static final Map<SSLSocket, Long> starts = new IdentityHashMap<>();

    /** Makes its ticket keys itself, so other keys are another context. */
    private static volatile SSLContext serving;

    private static void serve(SSLContext context) throws Exception {
        serving = context;
        try (ServerSocket listener = new ServerSocket(0, 16, InetAddress.getByName("127.0.0.1"))) {
            System.out.println("{\"port\": " + listener.getLocalPort() + "}");
            Thread input = new Thread(Jsse::changeKeys);
            input.setDaemon(true);
            input.start();
            while (true) {
                Socket transport = listener.accept();
                Thread.sleep(5);
                try (SSLSocket socket = (SSLSocket) serving.getSocketFactory().createSocket(transport, null, true)) {
                    socket.setUseClientMode(false);
                    socket.setEnabledProtocols(new String[] {"TLSv1.2"});
                    socket.setNeedClientAuth(options.containsKey("--client-roots"));
                    echo(socket);
                } catch (IOException error) {
                    sayFailure(error);
                }
            }
        }
    }

    private static void changeKeys() {
        try (BufferedReader input = new BufferedReader(new InputStreamReader(System.in))) {
            for (String line; (line = input.readLine()) != null; ) {
                if (line.equals("rotate")) serving = context(positional.get(0), positional.get(1), options.get("--client-roots"));
                System.out.println("{\"keys\": true}");
            }
        } catch (Exception gone) {
            System.err.println(gone);
        }
        System.exit(0);
    }

    private static void echo(SSLSocket socket) throws IOException {
        starts.put(socket, System.currentTimeMillis());
        socket.setSoTimeout(PATIENCE);
        socket.startHandshake();
        ByteArrayOutputStream heard = new ByteArrayOutputStream();
        byte[] octets = new byte[4096];
        for (int count; (count = socket.getInputStream().read(octets)) > 0; ) {
            heard.write(octets, 0, count);
            socket.getOutputStream().write(octets, 0, count);
        }
        String more = "";
        try {
            java.security.cert.Certificate[] shown = socket.getSession().getPeerCertificates();
            more = ", \"certificate\": \"" + HexFormat.of().formatHex(shown[0].getEncoded()) + "\"";
        } catch (SSLPeerUnverifiedException anonymous) {
            more = "";
        } catch (CertificateEncodingException error) {
            throw new IOException(error);
        }
        sayEnd(resumed(socket), heard.toByteArray(), more);
    }

    private static void visitAll(SSLContext context) throws Exception {
        String[] names = options.getOrDefault("--names", "localhost").split(",");
        for (int number = 0, count = Integer.parseInt(positional.get(1)); number < count; number++) {
            try {
                visit(context, names[Math.min(number, names.length - 1)]);
            } catch (IOException error) {
                sayFailure(error);
            }
            Thread.sleep(5);
        }
    }

    private static void visit(SSLContext context, String name) throws IOException {
        int port = Integer.parseInt(positional.get(0));
        byte[] greeting = positional.get(2).getBytes(StandardCharsets.ISO_8859_1);
        Socket transport = new Socket();
        transport.connect(new InetSocketAddress("127.0.0.1", port), PATIENCE);
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(transport, name, port, true)) {
            starts.put(socket, System.currentTimeMillis());
            socket.setSoTimeout(PATIENCE);
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setServerNames(List.of(new SNIHostName(name)));
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            socket.getOutputStream().write(greeting);
            byte[] heard = socket.getInputStream().readNBytes(greeting.length);
            sayEnd(resumed(socket), heard, "");
        }
    }
}
