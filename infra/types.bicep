// What a deployment is told, as types.

@export()
@description('How storage is replicated: within the region, over its zones, or to its paired region.')
type redundancy = 'LRS' | 'ZRS' | 'GRS' | 'GZRS'

@export()
@description('An issuer of access tokens that counts.')
@sealed()
type issuer = {
  @description('Its `iss`; its keys are found by OpenID Connect discovery.')
  issuer: string

  @description('The name of this API at the issuer.')
  audience: string

  @description('The tenants for which it may speak; all of them where it is missing.')
  tenants: string[]?

  @description('What proves an e-mail address; nothing where it is missing, and a mailed code is asked for.')
  emailClaim: 'none' | 'verifiedEmail'?

  @description('Whether its role Operator counts; one issuer at most.')
  operator: bool?
}

@export()
@description('What a front end is told, and where the portal is.')
@sealed()
type portal = {
  @description('Where the portal\'s pages are; ends in a slash. Links in mails start with it.')
  url: string

  @description('Origins whose pages may call the service and upload to storage.')
  origins: string[]

  @description('The issuer at which a front end signs people in.')
  issuer: string

  @description('The front end\'s client id at that issuer.')
  clientId: string

  @description('The scopes that a front end asks for.')
  scopes: string[]
}

@export()
@description('How mail goes out. The server and its password are a secret in the vault.')
@sealed()
type mail = {
  @description('The sender: `Name <local@domain>`.')
  from: string

  @description('The domain of Message-IDs.')
  domain: string

  @description('Which sub-processor carries it, where the register has several for mail in use; the only one where it is missing.')
  subProcessor: string?
}

@export()
@description('A public key that signed before, as `GET /api/keys` answers it.')
@sealed()
type publicKey = {
  kty: 'EC'
  crv: 'P-256'
  kid: string
  use: 'sig'
  alg: 'ES256'
  x: string
  y: string
}

@export()
@description('What the month may cost before somebody is told.')
@sealed()
type budget = {
  @description('In the currency of the subscription.')
  amount: int

  @description('The first day of a month, as `2026-12-01`.')
  from: string
}
