using 'main.bicep'

// Example values, to be replaced by whoever operates the service.
param location = 'swedencentral'
param environmentName = 'production'
param redundancy = 'ZRS'

param portal = {
  url: 'https://portal.example.com/'
  origins: ['https://portal.example.com']
  issuer: 'https://kundportal.ciamlogin.com/11111111-1111-1111-1111-111111111111/v2.0'
  clientId: '22222222-2222-2222-2222-222222222222'
  scopes: ['openid', 'email', 'profile', 'api://kundportal/use']
}

param issuers = [
  {
    issuer: 'https://kundportal.ciamlogin.com/11111111-1111-1111-1111-111111111111/v2.0'
    audience: 'api://kundportal'
    emailClaim: 'verifiedEmail'
  }
  {
    issuer: 'https://login.microsoftonline.com/33333333-3333-3333-3333-333333333333/v2.0'
    audience: 'api://kundportal-operators'
    tenants: []
    operator: true
  }
]

param mail = {
  from: 'Kundportal <noreply@example.com>'
  domain: 'example.com'
}

param alertEmail = 'operations@example.com'
param budget = { amount: 5000, from: '2026-12-01' }
param maximumInstanceCount = 100
