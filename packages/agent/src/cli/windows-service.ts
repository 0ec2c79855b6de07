import { serviceArguments, serviceFacts } from './service-facts.ts'

/**
 * The agent as a Windows service: one PowerShell script (5.1, which every Windows has) that sets it up and takes it away. UNTESTED ON WINDOWS, and says so itself (docs/decisions/0036).
 *
 * A service has to answer Windows' service manager, which Node.js does not: the script has the .NET compiler of Windows make a small host from the source in it, which starts the agent, starts it again as
 * systemd would, and asks it to say goodbye when the service stops. What it starts stands in a file of its own, so no value of ours ever becomes part of a program.
 */
export function windowsServiceScript(command: readonly string[], stateFolder: string): string {
  const [program = '', ...before] = command
  const words = [program, ...before, stateFolder]
  if (program === '') throw new RangeError('no program')
  // one value a line: a break would add a line; NUL ends a text for Windows
  if (words.some((word) => /[\r\n\0]/.test(word))) throw new RangeError('a line break can not be part of a path')
  const { name, description, restartSeconds, stopSeconds, endsForGood } = serviceFacts
  const run = [...before, ...serviceArguments(stateFolder)].map(windowsArgument).join(' ')
  const stop = [...before, 'stop', '--state', stateFolder].map(windowsArgument).join(' ')
  return `# UNTESTED ON WINDOWS. Written from Microsoft's documentation and tested as a text only: try it on a machine you can lose.
# Sets up the Vigie agent as a Windows service, or takes it away:   powershell -ExecutionPolicy Bypass -File <this> [-Uninstall]
# Registration (vigie-agent enrol) comes first. Run as administrator. The state folder stays when the service goes.
#Requires -Version 5.1
#Requires -PSEdition Desktop
#Requires -RunAsAdministrator
param([switch]$Uninstall)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 2

$name = ${powerShellText(name)}
$description = ${powerShellText(description)}
$program = ${powerShellText(program)}
$run = ${powerShellText(run)}
$stop = ${powerShellText(stop)}
$state = ${powerShellText(stateFolder)}
$folder = Join-Path $env:ProgramFiles 'Vigie Agent Service'
$exe = Join-Path $folder 'service.exe'

if (Get-Service -Name $name -ErrorAction SilentlyContinue) {
  $old = Get-CimInstance -ClassName Win32_Service -Filter "Name='$name'"
  Stop-Service -Name $name -Force
  # "stopped" is said before the process is gone, and as long as it is there its file can not be replaced
  if ($old.ProcessId -gt 0) { Wait-Process -Id $old.ProcessId -Timeout 60 -ErrorAction SilentlyContinue }
  & "$env:SystemRoot\\System32\\sc.exe" delete $name | Out-Null
  if ($LASTEXITCODE -ne 0) { throw "The service could not be taken away: sc.exe ended with $LASTEXITCODE." }
}
if ($Uninstall) {
  if (Test-Path -LiteralPath $folder) { Remove-Item -LiteralPath $folder -Recurse -Force }
  return
}

if (-not (Test-Path -LiteralPath $program -PathType Leaf)) { throw "There is no $program." }
New-Item -ItemType Directory -Force -Path $folder | Out-Null
New-Item -ItemType Directory -Force -Path $state | Out-Null
# the agent's key lies there: for the system and administrators only, by their well-known ids, whatever language Windows speaks
& "$env:SystemRoot\\System32\\icacls.exe" $state /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' | Out-Null
if ($LASTEXITCODE -ne 0) { throw "The state folder could not be closed to others: icacls.exe ended with $LASTEXITCODE." }

if (Test-Path -LiteralPath $exe) { Remove-Item -LiteralPath $exe -Force }
[System.IO.File]::WriteAllLines((Join-Path $folder 'service.txt'), [string[]]@($program, $run, $stop), (New-Object System.Text.UTF8Encoding $false))
Add-Type -OutputType ConsoleApplication -OutputAssembly $exe -ReferencedAssemblies 'System.ServiceProcess' -TypeDefinition @'
${host(name, restartSeconds, stopSeconds, endsForGood)}'@

New-Service -Name $name -DisplayName $description -Description $description -BinaryPathName ('"' + $exe + '"') -StartupType Automatic | Out-Null
& "$env:SystemRoot\\System32\\sc.exe" failure $name reset= 86400 actions= restart/${restartSeconds * 1_000} | Out-Null
Start-Service -Name $name
`
}

/** C# 5, which is what the compiler of Windows takes. In it only numbers of ours and the service's fixed name. */
const host = (name: string, restartSeconds: number, stopSeconds: number, endsForGood: readonly number[]): string => `using System;
using System.Diagnostics;
using System.IO;
using System.ServiceProcess;
using System.Text;
using System.Threading;

public class VigieAgentService : ServiceBase {
  static readonly int[] endsForGood = { ${endsForGood.join(', ')} };
  readonly string[] lines = File.ReadAllLines(Path.Combine(AppDomain.CurrentDomain.BaseDirectory, "service.txt"), Encoding.UTF8);
  readonly ManualResetEvent stopping = new ManualResetEvent(false);
  readonly object turn = new object();
  Process agent;
  Thread watch;

  public VigieAgentService() {
    ServiceName = "${name}";
    CanShutdown = true;
  }

  Process Launch(string arguments) {
    ProcessStartInfo start = new ProcessStartInfo(lines[0], arguments);
    start.UseShellExecute = false;
    start.CreateNoWindow = true;
    return Process.Start(start);
  }

  protected override void OnStart(string[] args) {
    watch = new Thread(Watch);
    watch.IsBackground = true;
    watch.Start();
  }

  void Watch() {
    while (!stopping.WaitOne(0)) {
      try {
        lock (turn) { // else one that starts while the service stops would be left behind
          if (stopping.WaitOne(0)) return;
          agent = Launch(lines[1]);
        }
        agent.WaitForExit();
        if (Array.IndexOf(endsForGood, agent.ExitCode) >= 0 && !stopping.WaitOne(0)) {
          ExitCode = 1066; // ERROR_SERVICE_SPECIFIC_ERROR
          Stop();
          return;
        }
      } catch (Exception error) {
        EventLog.WriteEntry(error.ToString(), EventLogEntryType.Error);
      }
      if (stopping.WaitOne(${restartSeconds * 1_000})) return;
    }
  }

  protected override void OnStop() {
    RequestAdditionalTime(${(stopSeconds + 5) * 1_000});
    SayGoodbye();
  }

  // Windows allows no additional time while it shuts down, and to ask for it there is an error.
  protected override void OnShutdown() {
    SayGoodbye();
  }

  void SayGoodbye() {
    Process running;
    lock (turn) {
      stopping.Set();
      running = agent;
    }
    if (running == null || running.HasExited) return;
    try {
      Launch(lines[2]); // it says goodbye
      if (!running.WaitForExit(${stopSeconds * 1_000})) running.Kill();
    } catch (InvalidOperationException) { // it had ended by itself
    }
  }

  public static void Main() {
    Run(new VigieAgentService());
  }
}
`

/** One PowerShell text, taken as it is. In ASCII only: PowerShell 5.1 reads a script without a byte order mark in the machine's own code page, and takes typographic quotes for straight ones. */
export const powerShellText = (text: string): string =>
  `'${text.replaceAll("'", "''").replaceAll(/[^\x20-\x7e]/g, (unit) => `' + [char]0x${unit.charCodeAt(0).toString(16).padStart(4, '0')} + '`)}'`

/** One argument of a command line, as CommandLineToArgvW and the C runtime read it: backslashes mean something before a quote only. */
export const windowsArgument = (word: string): string =>
  /^[^\s"]+$/.test(word) ? word : `"${word.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, '$&$&')}"`
