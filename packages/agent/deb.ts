import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { assertTarget, type Target } from './elf.ts'
import { unitText } from './src/cli/service.ts'

const run = promisify(execFile)
const debianNames = { 'linux-x64': 'amd64', 'linux-arm64': 'arm64' } as const satisfies Record<Target, string>

export interface DebOptions {
  /** The one file. */
  binary: string
  target: Target
  version: string
  /** Folder of the result. */
  out: string
  /** Quick and large, for tests. */
  isUncompressed?: boolean
}

/** Null where there is no dpkg-deb. The same input gives the same bytes (R47). */
export async function buildDeb({ binary, target, version, out, isUncompressed }: DebOptions): Promise<string | null> {
  if (
    !(await run('dpkg-deb', ['--version']).then(
      () => true,
      () => false,
    ))
  )
    return null
  await assertTarget(binary, target)
  const work = await mkdtemp(join(tmpdir(), 'vigie-agent-deb-'))
  try {
    const put = async (path: string, text: string, mode: number) => {
      const file = join(work, path)
      await mkdir(join(file, '..'), { recursive: true, mode: 0o755 })
      await writeFile(file, text)
      await chmod(file, mode)
    }
    await mkdir(join(work, 'usr/bin'), { recursive: true })
    await copyFile(binary, join(work, 'usr/bin/vigie-agent'))
    await chmod(join(work, 'usr/bin/vigie-agent'), 0o755)
    await put('lib/systemd/system/vigie-agent.service', unitText(['/usr/bin/vigie-agent'], '/var/lib/vigie-agent'), 0o644)
    await put(
      'usr/share/doc/vigie-agent/copyright',
      'Vigie agent. Apache License 2.0; on Debian systems: /usr/share/common-licenses/Apache-2.0. Holds Node.js and its licences.\n',
      0o644,
    )
    const installedKilobytes = Math.ceil((await stat(binary)).size / 1_024) + 8
    await put('DEBIAN/control', control(version, debianNames[target], installedKilobytes), 0o644)
    for (const [name, text] of Object.entries(scripts)) await put(`DEBIAN/${name}`, text, 0o755)
    await run('find', [work, '-type', 'd', '-exec', 'chmod', '0755', '{}', '+'])
    const file = join(out, `vigie-agent_${version}_${debianNames[target]}.deb`)
    await run('dpkg-deb', ['--root-owner-group', ...(isUncompressed ? ['-Znone'] : ['-Zxz', '-z6']), '--build', work, file], {
      env: { ...process.env, SOURCE_DATE_EPOCH: '0' },
    })
    return file
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

const control = (version: string, architecture: string, installedKilobytes: number): string => `Package: vigie-agent
Version: ${version}
Architecture: ${architecture}
Maintainer: Vigie <vigie@localhost>
Installed-Size: ${installedKilobytes}
Depends: libc6 (>= 2.28)
Recommends: clamav-daemon, clamav-freshclam, nftables
Section: admin
Priority: optional
Description: Vigie agent
 Protects this machine with its ClamAV and reports to a Vigie server.
 After installing, run the registration command of the product's page in the
 console. An upgrade keeps the registration.
`

/**
 * What dpkg runs. They honour DPKG_ROOT, so that an image can be built from outside (and the test can install for real). Upgrade: the old agent goes on running until the
 * new file is there, then is restarted once; identity, queue and settings lie in /var/lib/vigie-agent, which no script touches but `purge`.
 */
const head = `#!/bin/sh
set -e
root=\${DPKG_ROOT:-}
state=$root/var/lib/vigie-agent
has_systemd() { [ -d "$root/run/systemd/system" ] && command -v systemctl >/dev/null 2>&1; }
`
const scripts = {
  postinst: `${head}
[ "$1" = configure ] || exit 0
[ -d "$state" ] || mkdir -m 0700 -p "$state"
# One that came by the install command before: same registration, the package takes over.
unit=$root/etc/systemd/system/vigie-agent.service
if [ -f "$unit" ] && grep -q '^ExecStart="\\{0,1\\}/usr/local/bin/vigie-agent' "$unit"; then
  rm -f "$unit" "$root/usr/local/bin/vigie-agent"
fi
if has_systemd; then
  systemctl daemon-reload || true
  if [ -e "$state/identity.json" ] || [ -e "$state/enrol-at-boot.json" ]; then
    systemctl enable vigie-agent.service || true
    systemctl restart vigie-agent.service || true
  fi
fi
exit 0
`,
  prerm: `${head}
if [ "$1" = remove ] && has_systemd; then
  systemctl disable --now vigie-agent.service || true
fi
exit 0
`,
  postrm: `${head}
if has_systemd; then systemctl daemon-reload || true; fi
if [ "$1" = purge ] && [ -d "$state" ]; then
  # All of the agent's goes, its keys too. What was quarantined is the customer's and stays.
  for entry in "$state"/* "$state"/.[!.]*; do
    [ -e "$entry" ] || continue
    [ "$entry" = "$state/clamav" ] || rm -rf "$entry"
  done
  if [ -d "$state/clamav" ]; then
    for entry in "$state"/clamav/*; do
      [ -e "$entry" ] || continue
      [ "$entry" = "$state/clamav/quarantine" ] || rm -rf "$entry"
    done
    rmdir "$state/clamav/quarantine" "$state/clamav" 2>/dev/null || echo "vigie-agent: quarantined files were left in $state/clamav/quarantine" >&2
  fi
  rmdir "$state" 2>/dev/null || true
fi
exit 0
`,
} as const
