// Node's tls in both roles; see scripted.py.
'use strict'
const crypto = require('crypto')
const fs = require('fs')
const readline = require('readline')
const tls = require('tls')

const PATIENCE = 10000
const say = words => console.log(JSON.stringify(words))
const only = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }

function parse(words) {
  const positional = []
  const options = {}
  for (let at = 0; at < words.length; at++) {
    if (words[at] === '--no-tickets') options.noTickets = true
    else if (words[at].startsWith('--')) options[words[at].slice(2)] = words[++at]
    else positional.push(words[at])
  }
  return [positional, options]
}

const read = file => fs.readFileSync(file)
const noTickets = options => (options.noTickets ? { secureOptions: crypto.constants.SSL_OP_NO_TICKET } : {})

function serve([certificate, key], options) {
  const roots = options['client-roots']
  const verifying = roots ? { requestCert: true, rejectUnauthorized: true, ca: read(roots) } : {}
  const server = tls.createServer({
    ...only, ...verifying, ...noTickets(options),
    cert: read(certificate), key: read(key), sessionIdContext: 'driver', ticketKeys: crypto.randomBytes(48)
  }, connection => {
    let heard = ''
    const shown = connection.getPeerX509Certificate()
    connection.setTimeout(PATIENCE, () => connection.destroy())
    connection.on('error', () => {})
    connection.on('data', octets => { heard += octets; connection.write(octets) })
    connection.on('end', () => {
      const client = shown ? { certificate: shown.raw.toString('hex') } : {}
      say({ resumed: connection.isSessionReused(), heard, ...client })
      connection.end()
    })
  })
  server.on('tlsClientError', error => say({ resumed: null, error: error.message }))
  server.listen(0, '127.0.0.1', () => say({ port: server.address().port }))
  const input = readline.createInterface({ input: process.stdin })
  input.on('line', line => {
    if (line === 'rotate') server.setTicketKeys(crypto.randomBytes(48))
    say({ keys: true })
  })
  input.on('close', () => process.exit(0))
}

function visit(port, greeting, name, common, session) {
  return new Promise(resolve => {
    let heard = ''
    let failed = null
    let resumed = null
    const connection = tls.connect({ ...common, port, host: '127.0.0.1', servername: name, session }, () => {
      resumed = connection.isSessionReused()
      session = connection.getSession()  // the event 'session' tells of no renewal
      connection.write(greeting)
    })
    connection.setTimeout(PATIENCE, () => connection.destroy(new Error('time is up')))
    connection.on('error', error => { failed = error.message })
    connection.on('data', octets => {
      heard += octets
      if (heard.length >= greeting.length) connection.end()
    })
    connection.on('close', () => {
      say(failed === null ? { resumed, heard } : { resumed: null, error: failed })
      resolve(session)
    })
  })
}

async function visitAll([port, count, greeting], options) {
  const own = options.certificate ? { cert: read(options.certificate), key: read(options.key) } : {}
  const common = { ...only, ...own, ...noTickets(options), ca: read(options.roots) }
  const names = (options.names || 'localhost').split(',')
  let session
  for (let number = 0; number < +count; number++) {
    session = await visit(+port, greeting, names[Math.min(number, names.length - 1)], common, session)
  }
}

const [positional, options] = parse(process.argv.slice(2))
if ('version' in options) console.log(`${process.versions.node}, OpenSSL ${process.versions.openssl}`)
else if (positional.length === 2) serve(positional, options)
else visitAll(positional, options)
