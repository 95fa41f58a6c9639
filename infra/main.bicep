// Everything that Kundportal runs on, in one region. Names, locations and SKUs are computed here and passed down.

targetScope = 'subscription'

import { allowedGlobalTypes, allowedRegions, geoReplicatedRegions, lockedRegion, lockedSku, mailSubProcessor, registerRevision } from 'lock.bicep'
import * as types from 'types.bicep'

@description('The region of everything.')
param location string

@description('Part of every name; one subscription for each.')
param environmentName 'production' | 'test'

@description('How the data and the ledger are replicated.')
param redundancy types.redundancy

param portal types.portal

@minLength(1)
param issuers types.issuer[]

param mail types.mail

@description('A role\'s mailbox that alerts and the budget\'s notices go to.')
param alertEmail string

param budget types.budget

@description('Keys that signed before the one in the vault; `GET /api/keys` goes on giving them.')
param retiredSigningKeys types.publicKey[] = []

@description('How far the app scales out.')
param maximumInstanceCount int

@description('The header in which the platform gives the caller\'s address; a caller\'s own must not come through it.')
param clientIpHeader string = 'client-ip'

var region = lockedRegion(location)
var sku = lockedSku(redundancy, region)

// Storage names are worldwide and take letters and digits only.
var unique = uniqueString(subscription().id, environmentName)
var names = {
  group: 'kundportal-${environmentName}'
  identity: 'kundportal-${environmentName}'
  workspace: 'kundportal-${environmentName}'
  component: 'kundportal-${environmentName}'
  plan: 'kundportal-${environmentName}'
  site: 'kundportal-${environmentName}-${unique}'
  vault: 'kp-${unique}'
  dataAccount: 'kpdata${unique}'
  ledgerAccount: 'kpledger${unique}'
  hostAccount: 'kphost${unique}'
}

var softDeleteDays = 14
var packageContainer = 'releases'
var queues = ['exports', 'retention', 'work']

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: names.group
  location: region
}

module policies 'modules/policies.bicep' = {
  params: {
    allowedGlobalTypes: allowedGlobalTypes
    allowedRegions: allowedRegions
    geoReplicatedRegions: geoReplicatedRegions
    register: registerRevision
  }
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    name: names.identity
    location: region
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    componentName: names.component
    location: region
    retentionDays: 30
    identityName: names.identity
    alertEmail: alertEmail
    timers: ['activity', 'announcements', 'retention', 'waiting_work']
  }
  dependsOn: [identity]
}

// The role is on the account as a whole, for tenants' containers are made while the app runs. It includes signing URLs.
module data 'modules/storage.bicep' = {
  scope: group
  params: {
    name: names.dataAccount
    location: region
    sku: sku
    containers: ['anchors', 'platform', 'staging']
    queues: []
    softDeleteDays: softDeleteDays
    expiring: [{ container: 'staging', days: 1 }]
    corsOrigins: portal.origins
    identityName: names.identity
    roles: ['storageBlobDataContributor']
    workspaceName: names.workspace
  }
  dependsOn: [identity, monitoring]
}

// An account of its own: whoever restores the data must still find what was erased. Nobody has a right on it before the app uses it.
module ledger 'modules/storage.bicep' = {
  scope: group
  params: {
    name: names.ledgerAccount
    location: region
    sku: sku
    containers: ['erasure-ledger']
    queues: []
    softDeleteDays: softDeleteDays
    expiring: []
    corsOrigins: []
    identityName: names.identity
    roles: []
    workspaceName: names.workspace
  }
  dependsOn: [identity, monitoring]
}

// What the Functions host asks for: leases of timers, queues, its table of diagnostic events, the deployment package.
module host 'modules/storage.bicep' = {
  scope: group
  params: {
    name: names.hostAccount
    location: region
    sku: sku
    containers: [packageContainer]
    queues: flatten(map(queues, queue => [queue, '${queue}-poison']))
    softDeleteDays: softDeleteDays
    expiring: []
    corsOrigins: []
    identityName: names.identity
    roles: ['storageBlobDataOwner', 'storageQueueDataContributor', 'storageTableDataContributor']
    workspaceName: names.workspace
  }
  dependsOn: [identity, monitoring]
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    name: names.vault
    location: region
    identityName: names.identity
    workspaceName: names.workspace
  }
  dependsOn: [identity, monitoring]
}

module app 'modules/app.bicep' = {
  scope: group
  params: {
    planName: names.plan
    siteName: names.site
    location: region
    identityName: names.identity
    componentName: names.component
    dataAccountName: names.dataAccount
    hostAccountName: names.hostAccount
    vaultName: names.vault
    storageSku: sku
    packageContainer: packageContainer
    maximumInstanceCount: maximumInstanceCount
    portal: portal
    issuers: issuers
    mail: mail
    mailSubProcessor: mailSubProcessor(mail.?subProcessor)
    retiredSigningKeys: retiredSigningKeys
    clientIpHeader: clientIpHeader
  }
  dependsOn: [data, host, monitoring, vault]
}

resource spending 'Microsoft.Consumption/budgets@2026-06-01' = {
  name: 'kundportal-${environmentName}'
  properties: {
    amount: budget.amount
    category: 'Cost'
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: budget.from
    }
    notifications: {
      eighty: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: [alertEmail]
      }
      forecast: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: [alertEmail]
      }
    }
  }
}

@description('What the deployment workflow needs to know.')
output names object = names
