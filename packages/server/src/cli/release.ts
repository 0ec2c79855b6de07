import { Problem } from '@vigie/domain/kernel'
import { addRelease, listReleases, removeRelease, trustRoot } from '../releases/index.ts'
import type { Command } from './commands.ts'

/** R17: what the operator carries to agents. He decides what is offered, never what is believed: that stands in signatures that were made elsewhere. */
const trust: Command = {
  name: 'release trust',
  operand: { name: 'file', help: 'the root: who signs releases' },
  help: 'says whose releases this installation carries; agents that register from then on believe them and nobody else',
  flags: {},
  async run(services, _flags, say, file) {
    const { root, sha256 } = await trustRoot(services, file)
    say(
      `Root ${root.version} is trusted until ${root.expiresAt}: ${root.roles.release.threshold} of ${root.roles.release.keyIds.length} keys sign a release, ${root.roles.root.threshold} of ${root.roles.root.keyIds.length} the next root.`,
    )
    for (const keyId of Object.keys(root.keys).toSorted()) say(`  key ${keyId}`)
    say(`SHA-256 of the document: ${sha256}. Compare it with its signers, by another way than the one the file came.`)
    return 0
  },
}
const add: Command = {
  name: 'release add',
  operand: { name: 'folder', help: 'with release.json, its packages, and roots/ where there are newer ones' },
  help: 'takes a signed release in, by the same rules as the agents; partners then approve it',
  flags: {},
  async run(services, _flags, say, folder) {
    const { version, sequence, expiresAt, targets } = await addRelease(services, folder)
    say(`Version ${version} (document ${sequence}, valid until ${expiresAt}) is here for ${targets.join(', ')}.`)
    return 0
  },
}
const list: Command = {
  name: 'release list',
  help: 'the releases that are here',
  flags: {},
  async run(services, _flags, say) {
    const { rootVersion, rows } = await listReleases(services)
    say(rootVersion === null ? 'No root is trusted yet.' : `Root ${rootVersion} is trusted.`)
    for (const row of rows)
      say(
        `${row.version}  document ${row.sequence}  signed ${row.signed_at.toISOString()}  valid until ${row.expires_at.toISOString()}  ${row.targets.join(' ')}  approved by ${row.approvals}`,
      )
    return 0
  },
}
const remove: Command = {
  name: 'release remove',
  operand: { name: 'version', help: 'such as 1.2.0' },
  help: 'takes a release away, and its approvals; agents that run it keep it',
  flags: {},
  async run(services, _flags, say, version) {
    if (!(await removeRelease(services, version))) throw new Problem('release.not-found', { version })
    say(`Version ${version} is no longer offered.`)
    return 0
  },
}
export const releaseCommands: readonly Command[] = [trust, add, list, remove]
