// FlinkPeer: one SQL script in Apache Flink, in a mini cluster inside this process, run as often as it is told to.
//
//   java ... sabot.bench.FlinkPeer PARALLELISM SCRIPT     stdin: a line per run     stdout: a line of JSON per run
//
// Definitions and SETs of the script are executed once, its INSERTs in every run, one after the other. What is measured is the
// job alone: from its submission to its end, without planning. The first run warms the machine up; the caller drops it. What
// Flink has used is told with each run: state backend and checkpointing of the environment that its job was made of, SETs of the
// script included, and whether this process has loaded RocksDB.
package sabot.bench;

import com.sun.management.GarbageCollectionNotificationInfo;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.streaming.api.environment.CheckpointConfig;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

public final class FlinkPeer {
  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final Pattern SET = Pattern.compile("(?is)SET\\s+'([^']+)'\\s*=\\s*'([^']*)'");
  private static final long SETTLE_MS = 100;

  /** The most bytes of the heap that any collection of the run left alive. */
  private static final AtomicLong LIVE_BYTES_MAX = new AtomicLong();

  public static void main(String[] arguments) throws Exception {
    int parallelism = Integer.parseInt(arguments[0]);
    List<String> statements = statementsOf(Files.readString(Path.of(arguments[1])));
    StreamExecutionEnvironment jobs =
        StreamExecutionEnvironment.createLocalEnvironment(parallelism, configuration(parallelism));
    StreamTableEnvironment tables = tablesOf(jobs, configuration(parallelism));
    List<String> inserts = new ArrayList<>();
    for (String statement : statements) {
      Matcher set = SET.matcher(statement);
      if (set.matches()) {
        tables.getConfig().set(set.group(1), set.group(2));
      } else if (statement.toUpperCase(Locale.ROOT).startsWith("INSERT")) {
        inserts.add(statement);
      } else {
        tables.executeSql(statement);
      }
    }
    watchCollections();
    PrintStream results = System.out;
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
    while (commands.readLine() != null) {
      results.println(run(jobs, tables, inserts));
      results.flush();
    }
    System.exit(0); // Flink's threads would keep the process alive.
  }

  /** What holds unless the script sets it: planning a job takes what is set over into its environment. */
  private static Configuration configuration(int parallelism) {
    Configuration configuration = new Configuration();
    configuration.setString("parallelism.default", String.valueOf(parallelism));
    configuration.setString("taskmanager.numberOfTaskSlots", String.valueOf(parallelism));
    configuration.setString("taskmanager.memory.managed.size", "1024m");
    configuration.setString("taskmanager.memory.network.min", "128m");
    configuration.setString("taskmanager.memory.network.max", "128m");
    configuration.setString("state.backend.type", "hashmap");
    configuration.setString("pipeline.object-reuse", "true");
    configuration.setString("table.local-time-zone", "UTC");
    configuration.setString("restart-strategy.type", "none");
    return configuration;
  }

  private static StreamTableEnvironment tablesOf(
      StreamExecutionEnvironment jobs, Configuration configuration) {
    return StreamTableEnvironment.create(
        jobs,
        EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(configuration).build());
  }

  private static String run(
      StreamExecutionEnvironment jobs, StreamTableEnvironment tables, List<String> inserts)
      throws Exception {
    System.gc();
    Thread.sleep(SETTLE_MS);
    LIVE_BYTES_MAX.set(0);
    long netMs = 0;
    long cpuNs = 0;
    for (String insert : inserts) {
      TableResult submitted = tables.executeSql(insert);
      long cpuBefore = SYSTEM.getProcessCpuTime();
      netMs += submitted.getJobClient().orElseThrow().getJobExecutionResult().get().getNetRuntime();
      cpuNs += SYSTEM.getProcessCpuTime() - cpuBefore;
    }
    return String.format(
        Locale.ROOT,
        "{\"wallMs\":%d,\"cpuMs\":%.3f,\"peakRssBytes\":%d,\"liveHeapBytes\":%d,\"used\":%s}",
        netMs,
        cpuNs / 1e6,
        peakRssBytes(),
        LIVE_BYTES_MAX.get(),
        used(jobs));
  }

  private static String used(StreamExecutionEnvironment jobs) throws IOException {
    CheckpointConfig checkpoints = jobs.getCheckpointConfig();
    return String.format(
        Locale.ROOT,
        "{\"backend\":\"%s\",\"rocksdbLoaded\":%b,\"checkpointIntervalMs\":%d,\"checkpointMode\":\"%s\"}",
        jobs.getConfiguration().get(StateBackendOptions.STATE_BACKEND),
        Files.readString(Path.of("/proc/self/maps")).contains("librocksdbjni"),
        checkpoints.getCheckpointInterval(),
        checkpoints.getCheckpointingConsistencyMode());
  }

  private static void watchCollections() {
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      ((NotificationEmitter) collector)
          .addNotificationListener(
              (notification, handback) -> {
                if (!notification
                    .getType()
                    .equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)) {
                  return;
                }
                GarbageCollectionNotificationInfo info =
                    GarbageCollectionNotificationInfo.from((CompositeData) notification.getUserData());
                long alive = 0;
                for (var pool : info.getGcInfo().getMemoryUsageAfterGc().entrySet()) {
                  if (isHeap(pool.getKey())) {
                    alive += ((MemoryUsage) pool.getValue()).getUsed();
                  }
                }
                LIVE_BYTES_MAX.accumulateAndGet(alive, Math::max);
              },
              null,
              null);
    }
  }

  private static boolean isHeap(String pool) {
    return pool.contains("Eden") || pool.contains("Survivor") || pool.contains("Old") || pool.contains("Tenured");
  }

  /** The most memory that this process ever had, warm-up included: a JVM does not give it back. */
  private static long peakRssBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM")) {
        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("/proc/self/status has no VmHWM");
  }

  /** Statements end with ';' outside of quotes and of comments, which are dropped. */
  private static List<String> statementsOf(String script) {
    Matcher tokens =
        Pattern.compile("'[^']*'|`[^`]*`|--[^\\n]*|/\\*.*?\\*/|;|.", Pattern.DOTALL).matcher(script);
    List<String> statements = new ArrayList<>();
    StringBuilder statement = new StringBuilder();
    while (tokens.find()) {
      String token = tokens.group();
      if (token.equals(";")) {
        addStatement(statements, statement);
      } else if (token.startsWith("--") || token.startsWith("/*")) {
        statement.append(' ');
      } else {
        statement.append(token);
      }
    }
    addStatement(statements, statement);
    return statements;
  }

  private static void addStatement(List<String> statements, StringBuilder statement) {
    String text = statement.toString().strip();
    if (!text.isEmpty()) {
      statements.add(text);
    }
    statement.setLength(0);
  }

  private FlinkPeer() {}
}
