/** How an agent comes onto a machine (AGT-1): one line to paste, which fetches one script, which installs one file. */

export interface InstallScriptOptions {
  /** `https://host:port` of the agent side. */
  agentUrl: string
  /** SHA-256 of what `/agent/v1/download/linux-x64` gives, hex. */
  packageSha256: string
  /** The same of `linux-arm64`; null or absent: this server has none. */
  arm64Sha256?: string | null
}
export interface InstallCommandOptions {
  agentUrl: string
  /** SHA-256 of the installation's CA certificate (DER), hex; colons don't matter. */
  caFingerprint: string
  guid: string
  /** The one-use key; or the user name of the customer's registration credentials, whose password the agent asks for (CUS-6): no command line and no history of a shell holds it. */
  key: string | { userName: string }
  /** `agentUrl` is a site server (AGT-8): what is to be trusted behind it, the command key as it travels and the installation's CA fingerprint. */
  behind?: { commandKey: string; caFingerprint: string }
}

/**
 * The one line to paste in a root shell. Nothing is trusted on first use: the CA certificate is fetched unverified, one certificate of it is kept (a second one in
 * the answer would be trusted by curl too) and compared with the fingerprint that stands in this line; everything after is verified against it alone.
 */
export function installCommand({ agentUrl, caFingerprint, guid, key, behind }: InstallCommandOptions): string {
  return [
    ...trustedStart(agentUrl, caFingerprint),
    `curl -fsS --cacert ${ca} ${pageOf(agentUrl, 'install.sh')} -o "$d/install.sh"`,
    `sh "$d/install.sh" --ca ${ca} --guid ${quote(guid)} ${secret(key)}${behind ? ` --command-key ${quote(behind.commandKey)} --direct-ca-sha256 ${fingerprint(behind.caFingerprint)}` : ''}`,
  ].join(' && ')
}

/**
 * The same by the package manager of Debian and its kin, which then upgrades and removes the agent; the engine comes with it. The folder is opened for the user that apt
 * reads packages as; what lies in it is no secret.
 */
export function debInstallCommand({ agentUrl, caFingerprint, guid, key }: Omit<InstallCommandOptions, 'behind'>): string {
  return [
    ...trustedStart(agentUrl, caFingerprint),
    `case $(dpkg --print-architecture) in arm64) t=linux-arm64 ;; *) t=linux-x64 ;; esac`,
    `curl -fsS --cacert ${ca} ${pageOf(agentUrl, 'download/')}$t.deb -o "$d/vigie-agent.deb"`,
    'chmod 0755 "$d"',
    'apt-get install -y "$d/vigie-agent.deb"',
    `vigie-agent enrol --server ${quote(origin(agentUrl))} --ca-sha256 ${fingerprint(caFingerprint)} --guid ${quote(guid)} ${secret(key)}`,
  ].join(' && ')
}

const secret = (key: InstallCommandOptions['key']): string =>
  typeof key === 'string' ? `--key ${quote(key)}` : `--user ${quote(key.userName)}`
const ca = '"$d/ca.pem"'
const pageOf = (agentUrl: string, path: string): string => quote(`${origin(agentUrl)}/agent/v1/${path}`)

/** Until the CA certificate is the one that this line names. */
const trustedStart = (agentUrl: string, caFingerprint: string): string[] => [
  'd=$(mktemp -d)',
  `curl -fsSk ${pageOf(agentUrl, 'ca.pem')} | openssl x509 -out ${ca}`,
  `{ [ "$(openssl x509 -in ${ca} -noout -fingerprint -sha256 | cut -d= -f2 | tr -d :)" = ${fingerprint(caFingerprint).toUpperCase()} ] || { echo 'Vigie: certificate differs, nothing was installed' >&2; false; }; }`,
]

/**
 * `GET /agent/v1/install.sh`. Arguments: `--ca FILE` (the certificate that was checked), then whatever `vigie-agent enrol` takes (`--guid`, `--key` ...). POSIX sh; a
 * download cut short runs nothing, since all is in a function called by the last line. Needs root, curl, openssl, tar, xz,
 * sha256sum.
 */
export function installScript({ agentUrl, packageSha256, arm64Sha256 = null }: InstallScriptOptions): string {
  return `#!/bin/sh
# Installs the Vigie agent from ${origin(agentUrl)} and registers it.
set -eu

server=${quote(origin(agentUrl))}
package_sha256=${fingerprint(packageSha256)}
package_sha256_arm64=${arm64Sha256 === null ? '' : fingerprint(arm64Sha256)}
prefix=\${VIGIE_PREFIX:-/usr/local}

fail() {
  echo "Vigie: $1" >&2
  exit 1
}

main() {
  ca=
  if [ "\${1:-}" = --ca ]; then
    ca=$2
    shift 2
  fi
  [ -n "$ca" ] && [ -r "$ca" ] || fail "the server's certificate is missing: use the install command of the product's page"
  [ "$(id -u)" = 0 ] || fail "root is needed: run the command in a root shell (sudo -i)"
  [ "$(uname -s)" = Linux ] || fail "this package is for Linux"
  case $(uname -m) in
    x86_64 | amd64) target=linux-x64 ;;
    aarch64 | arm64)
      target=linux-arm64
      package_sha256=$package_sha256_arm64
      [ -n "$package_sha256" ] || fail "this server has no package for $(uname -m) yet: its operator can build it"
      ;;
    *) fail "there is no package for $(uname -m) yet" ;;
  esac
  for program in curl openssl tar sha256sum; do
    command -v "$program" >/dev/null 2>&1 || fail "$program is needed: install it first"
  done

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  echo "Vigie: fetching the agent from $server"
  curl -fsS --cacert "$ca" --retry 3 -o "$work/package" "$server/agent/v1/download/$target" || fail "the agent could not be fetched"
  echo "$package_sha256  $work/package" | sha256sum -c - >/dev/null 2>&1 || fail "the agent's package is not the expected one: nothing was installed"
  tar -xf "$work/package" -C "$work" 2>/dev/null || fail "the package can't be unpacked: install xz (xz-utils) first"
  chmod 0755 "$work/vigie-agent"
  "$work/vigie-agent" version >/dev/null || fail "the agent does not run on this machine"

  mkdir -p "$prefix/bin"
  cp "$work/vigie-agent" "$prefix/bin/.vigie-agent.new"
  chmod 0755 "$prefix/bin/.vigie-agent.new"
  mv -f "$prefix/bin/.vigie-agent.new" "$prefix/bin/vigie-agent"
  rm -rf "$work"
  echo "Vigie: installed $prefix/bin/vigie-agent"
  ca_sha256=$(openssl x509 -in "$ca" -noout -fingerprint -sha256 | cut -d= -f2)
  exec "$prefix/bin/vigie-agent" enrol --server "$server" --ca-sha256 "$ca_sha256" "$@"
}

main "$@"
`
}

/** One word for the shell, whatever is in it. */
const quote = (text: string): string => (/^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

/** @throws for what is not the address of a server: it would become part of a command. */
function origin(agentUrl: string): string {
  const found = /^https:\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?\/?$/.exec(agentUrl)
  if (!found) throw new RangeError('not the address of an agent side')
  return agentUrl.replace(/\/$/, '')
}

function fingerprint(sha256: string): string {
  const hex = sha256.replaceAll(/[:\s]/g, '').toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new RangeError('not a SHA-256')
  return hex
}
