import type { Commands } from '../core/commands.ts'
import type { EngineCommand } from '../core/engine.ts'
import type { Log } from '../core/log.ts'
import { loadTrust } from '../core/release-trust.ts'
import { upgradeCommand, type UpgradeDeps } from '../core/upgrade.ts'
import { loadUpgrade, saveUpgrade, tidyVersions, type UpgradeRecord } from '../core/upgrade-record.ts'

interface UpgradingOptions {
  stateFolder: string
  log: Log
  commands: () => Commands
  ways: UpgradeDeps['ways']
  now: () => Date
  /** Null: nobody would start the new version. */
  launcher: { onWelcome: () => Promise<void> } | null
  /** The new version lies ready: this one is to end. */
  onPrepared: () => void
}

/** An agent that becomes another version (R17): what lies ready, whether it may, and how the last one ended. Where it stands is on disk. */
export class Upgrading {
  readonly #options: UpgradingOptions
  readonly command: EngineCommand
  #record!: UpgradeRecord
  #hasRoot = false

  private constructor(options: UpgradingOptions) {
    this.#options = options
    const { stateFolder, log, now, ways, onPrepared } = options
    this.command = upgradeCommand({ stateFolder, log, now, ways, onPrepared }, () => this.whyNot())
  }

  static async open(options: UpgradingOptions): Promise<Upgrading> {
    const upgrading = new Upgrading(options)
    await upgrading.#read()
    return upgrading
  }

  /** Commands that this is about. */
  get commandIds(): (string | undefined)[] {
    return [this.#record.trial?.commandId, this.#record.ended?.commandId]
  }

  /** Text key below `command-reason.`; null: it can. */
  whyNot(): string | null {
    if (!this.#options.launcher) return 'not-supported'
    if (this.#record.trial !== null) return 'upgrade-under-way'
    return this.#hasRoot ? null : 'no-release-root'
  }

  /** The server's welcome makes a trial what runs. */
  async onWelcome(): Promise<void> {
    const { launcher, log } = this.#options
    if (!launcher) return
    try {
      await launcher.onWelcome()
      await this.#read()
      await this.tell()
    } catch (error) {
      log.warn('upgrade could not be confirmed', { cause: String(error) })
    }
  }

  /** How the last upgrade ended, said by whichever version is left. */
  async tell(): Promise<void> {
    const { ended, current, trial } = this.#record
    if (ended === null) return
    const { stateFolder, log, commands } = this.#options
    await commands().settle(ended.commandId, ended.step, ended.evidence)
    this.#record = { format: 1, current, trial, ended: null }
    await saveUpgrade(stateFolder, this.#record)
    await tidyVersions(stateFolder, this.#record)
    log.info('upgrade ended', { step: ended.step, ...ended.evidence })
  }

  async #read(): Promise<void> {
    this.#record = await loadUpgrade(this.#options.stateFolder)
    this.#hasRoot = (await loadTrust(this.#options.stateFolder)) !== null
  }
}
