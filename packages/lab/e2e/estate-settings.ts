import type { SettingValue } from '@vigie/domain/agents'
import { productsApi } from '@vigie/domain/products'
import { settingsApi, urlListsApi } from '@vigie/domain/settings'
import type { ConsoleClient } from '../src/console/index.ts'

interface Made {
  client: ConsoleClient
  productIds: ReadonlyMap<string, string>
  customerIds: ReadonlyMap<string, string>
}

const list = (start: string, count: number) => Array.from({ length: count }, (_, at) => `${start}${at + 1}.example`)

/**
 * Settings as a business leaves them after some weeks, so that every state can be seen (AGT-4, ADM-2, ADM-3): effective, waiting for an offline agent, under way, failed, drifted, not supported,
 * of the machine's own; from customer, product, group and templates, one of which was saved anew since, and departed from.
 * @returns the business's own template
 */
export async function fillSettings({ client, productIds, customerIds }: Made): Promise<{ templateId: string }> {
  const versions = new Map<string, number>()
  const headers = (place: string) => {
    const version = versions.get(place) ?? 0
    versions.set(place, version + 1)
    return { 'if-match': String(version) }
  }
  const atCustomer = async (company: string, values: Record<string, SettingValue>) => {
    await client.call(settingsApi.changeCustomerSettings, {
      params: { customerId: customerIds.get(company)! },
      body: { values, confirmWeaker: true },
      headers: headers(company),
    })
  }
  const atProduct = async (name: string, values: Record<string, SettingValue>, group?: string) => {
    await client.call(settingsApi.changeProductSettings, {
      params: { productId: productIds.get(name)! },
      query: group === undefined ? {} : { group },
      body: { values, confirmWeaker: true },
      headers: headers(`${name} ${group}`),
    })
  }
  // fournil-01 does it, caisse-02 is offline
  await atCustomer('Boulangerie Martin', {
    'scheduled-scan.enabled': true,
    'scheduled-scan.frequency': 'daily',
    'scheduled-scan.time': '03:30',
    'update-schedule.every-hours': 6,
  })
  await atProduct('fournil-01', { 'exclusions.paths': ['/srv/partage/sauvegardes', '/var/lib/mysql'] })
  // imagerie-03 never answers, pharmacie's engine fails
  await atCustomer('Clinique des Tilleuls', { 'update-schedule.enabled': true, 'update-schedule.every-hours': 2 })
  const { rows: groups } = await client.call(productsApi.listGroups, { params: { productId: productIds.get('dossiers-srv')! } })
  await atProduct('dossiers-srv', { 'update-schedule.every-hours': 1 }, groups[0]!.name)
  // somebody at the machine turned it back
  await atProduct('haisha-db', {
    'real-time-scan.paths': ['/home', '/root', '/srv', '/tmp', '/var/www', '/var/lib/haisha'],
    'update-schedule.every-hours': 3,
  })
  await atProduct('soko-file', { 'real-time-scan.action': 'block', 'real-time-scan.enabled': true })
  await atProduct('plans-nas', { 'update-schedule.every-hours': 8 })

  const values = {
    'real-time-scan.enabled': true,
    'scheduled-scan.enabled': true,
    'scheduled-scan.frequency': 'weekly',
    'scheduled-scan.day': 'friday',
    'scheduled-scan.time': '12:30',
    'update-schedule.every-hours': 4,
  }
  const input = {
    name: 'Commerces et cabinets',
    about: 'Analyse le vendredi midi, mises à jour toutes les quatre heures.',
    families: ['endpoint-hosted', 'endpoint-server'] as ('endpoint-hosted' | 'endpoint-server')[],
  }
  const template = await client.call(settingsApi.createTemplate, { body: { ...input, values } })
  const target = { customerId: customerIds.get('Comptoir du Livre')!, productId: productIds.get('courrier')!, group: null }
  await client.call(settingsApi.applyTemplate, {
    params: { templateId: template.id },
    body: { targets: [target], version: template.version, confirmWeaker: true },
  })
  versions.set('courrier undefined', 1)
  await atProduct('courrier', { 'scheduled-scan.day': 'sunday', 'update-schedule.every-hours': 12 })
  await client.call(settingsApi.saveTemplate, {
    params: { templateId: template.id },
    body: { ...input, values: { ...values, 'scheduled-scan.time': '13:15', 'manual-scan.action': 'quarantine' } },
    headers: { 'if-match': String(template.version) },
  })

  await client.call(urlListsApi.addUrls, {
    body: {
      customerId: null,
      kind: 'approved',
      lines: [
        '*.impots.gouv.fr',
        'https://www.service-public.fr/particuliers',
        'boulangerie-crème.example',
        '港運輸.example/予約',
        ...list('intranet-', 40),
      ],
    },
  })
  await client.call(urlListsApi.addUrls, {
    body: { customerId: null, kind: 'blocked', lines: ['*.pаypal.example', 'http://203.0.113.9:8080/login', ...list('hameçon-', 40)] },
  })
  await client.call(urlListsApi.addUrls, {
    body: { customerId: customerIds.get('Clinique des Tilleuls')!, kind: 'blocked', lines: ['jeux.example', '*.streaming.example'] },
  })
  return { templateId: template.id }
}
