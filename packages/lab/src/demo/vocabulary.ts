/** What the made-up engines find: names of known families, and where. Nothing of it exists. */
interface Words {
  threats: readonly string[]
  objects: readonly string[]
  /** What became of it, in everyday detections: nothing that leaves an infection. */
  outcomes: readonly string[]
}

const files: Words = {
  threats: [
    'Win.Malware.Agent-6598770',
    'Doc.Dropper.Emotet-99',
    'Html.Phishing.Bank-1213',
    'Js.Downloader.Nemucod-7',
    'Win.Trojan.Qakbot-10012',
    'Unix.Trojan.Mirai-9970440',
    'Pdf.Exploit.CVE_2018_4993-1',
    'Win.Adware.InstallCore-3',
  ],
  objects: [
    '/srv/partage/factures/facture-{n}.pdf.exe',
    '/home/commun/Téléchargements/mise-à-jour-{n}.scr',
    '/srv/partage/logiciels/clef-{n}.exe',
    '/var/vmail/accueil/cur/1763{n}.eml',
    'C:\\Users\\compta\\Downloads\\relevé-{n}.docm',
    'D:\\partage\\plans\\annexe-{n}.zip',
  ],
  outcomes: ['quarantined', 'quarantined', 'quarantined', 'deleted', 'cleaned'],
}
const sites: Words = {
  threats: ['Phishing site', 'Malware accomplice', 'Newly registered domain', 'Scam'],
  objects: ['https://login-{n}.example/verify', 'http://cdn{n}.example/update.js', 'https://colis-{n}.example/suivi'],
  outcomes: ['reported'],
}

export const vocabulary: Readonly<Record<string, Words>> = {
  antivirus: files,
  'anti-spyware': {
    threats: ['SPYW_KEYLOG.A', 'ADW_TOOLBAR.SM', 'GRAY_REMOTEADM'],
    objects: ['C:\\Program Files\\Toolbar\\tb{n}.dll', 'C:\\Users\\Public\\rmt{n}.exe'],
    outcomes: ['cleaned', 'deleted'],
  },
  'network-virus': {
    threats: ['MS17-010 SMB exploit', 'RDP brute force', 'Conficker worm traffic'],
    objects: ['10.20.{n}.14:445', '10.20.{n}.77:3389'],
    outcomes: ['reported'],
  },
  'web-reputation': sites,
  'behaviour-monitoring': {
    threats: ['Startup item added', 'Shell injected', 'Mass file rename'],
    objects: ['C:\\Users\\accueil\\AppData\\Roaming\\svc{n}.exe'],
    outcomes: ['reported'],
  },
  'url-filtering': {
    threats: ['Games', 'Gambling', 'Adult', 'File sharing'],
    objects: ['https://jeux{n}.example/', 'https://share{n}.example/f'],
    outcomes: ['reported'],
  },
  'device-control': { threats: ['USB storage refused'], objects: ['USB\\VID_0951&PID_{n}'], outcomes: ['reported'] },
  botnet: {
    threats: ['Emotet C2 beacon', 'Cobalt Strike beacon', 'DGA domain lookup'],
    objects: ['198.51.100.{n}:8080', '203.0.113.{n}:443'],
    outcomes: ['reported'],
  },
  ips: {
    threats: ['Log4Shell attempt', 'Apache path traversal', 'PHPUnit RCE attempt'],
    objects: ['192.0.2.{n} → 10.20.1.5:443'],
    outcomes: ['reported'],
  },
}

/** What an infection is made of: it could not be cleaned, deleted or quarantined. */
export const infections = [
  ['Win.Ransomware.LockBit-10008', '/home/commun/Téléchargements/mise-à-jour-{n}.scr'],
  ['Unix.Trojan.Mirai-9970440', '/srv/partage/factures/facture-{n}.pdf.exe'],
  ['Doc.Dropper.Emotet-99', '/srv/partage/rh/contrat-{n}.docm'],
  ['Win.Trojan.Qakbot-10012', 'C:\\Users\\accueil\\Downloads\\commande-{n}.js'],
  ['Unix.Malware.CoinMiner-9823', '/var/tmp/.x{n}/kworkerds'],
] as const
