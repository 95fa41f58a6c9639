// The function app: one executable as a custom handler, on Flex Consumption.

import * as types from '../types.bicep'

param planName string
param siteName string
param location string

@description('The app\'s settings need all of these by name.')
param identityName string
param componentName string
param dataAccountName string
param hostAccountName string
param vaultName string

@description('The SKU of every storage account; all lie where the app does.')
param storageSku string

@description('The container that the deployment package is put into.')
param packageContainer string

@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

param portal types.portal
param issuers types.issuer[]
param mail types.mail

@description('The register\'s entry that carries mail; empty where none does.')
param mailSubProcessor string

param retiredSigningKeys types.publicKey[]

@description('The header in which the platform gives the caller\'s address.')
param clientIpHeader string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName

  resource signingKey 'keys' existing = {
    name: 'signing'
  }
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

var suffix = environment().suffixes.storage
var secrets = 'https://${vaultName}${environment().suffixes.keyvaultDns}/secrets'

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: siteName
  location: location
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    clientAffinityEnabled: false
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: 'https://${hostAccountName}.blob.${suffix}/${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'custom'
        version: '1.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: maximumInstanceCount
      }
    }
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    publicNetworkAccess: 'Enabled'
    siteConfig: {
      // By name; docs/deployment.md has the same list, and a test compares.
      appSettings: [
        { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${identity.properties.clientId};Authorization=AAD' }
        { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: component.properties.ConnectionString }
        { name: 'AzureWebJobsStorage__blobServiceUri', value: 'https://${hostAccountName}.blob.${suffix}' }
        { name: 'AzureWebJobsStorage__clientId', value: identity.properties.clientId }
        { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
        { name: 'AzureWebJobsStorage__queueServiceUri', value: 'https://${hostAccountName}.queue.${suffix}' }
        { name: 'AzureWebJobsStorage__tableServiceUri', value: 'https://${hostAccountName}.table.${suffix}' }
        { name: 'DataStorage__blobServiceUri', value: 'https://${dataAccountName}.blob.${suffix}' }
        { name: 'DataStorage__clientId', value: identity.properties.clientId }
        { name: 'DataStorage__credential', value: 'managedidentity' }
        { name: 'KUNDPORTAL_CLIENT_IP_HEADER', value: clientIpHeader }
        { name: 'KUNDPORTAL_FRONT_END_CLIENT_ID', value: portal.clientId }
        { name: 'KUNDPORTAL_FRONT_END_ISSUER', value: portal.issuer }
        { name: 'KUNDPORTAL_FRONT_END_SCOPES', value: join(portal.scopes, ',') }
        { name: 'KUNDPORTAL_INDEX_KEYS', value: '@Microsoft.KeyVault(SecretUri=${secrets}/index-keys)' }
        { name: 'KUNDPORTAL_ISSUERS', value: string(issuers) }
        { name: 'KUNDPORTAL_LINK_KEYS', value: '@Microsoft.KeyVault(SecretUri=${secrets}/link-keys)' }
        { name: 'KUNDPORTAL_MAIL_DOMAIN', value: mail.domain }
        { name: 'KUNDPORTAL_MAIL_FROM', value: mail.from }
        { name: 'KUNDPORTAL_MAIL_SUB_PROCESSOR', value: mailSubProcessor }
        { name: 'KUNDPORTAL_PORTAL_URL', value: portal.url }
        { name: 'KUNDPORTAL_REGION', value: location }
        { name: 'KUNDPORTAL_RETIRED_SIGNING_KEYS', value: empty(retiredSigningKeys) ? '' : string({ keys: retiredSigningKeys }) }
        { name: 'KUNDPORTAL_SIGNING_KEY', value: vault::signingKey.properties.keyUriWithVersion }
        { name: 'KUNDPORTAL_SMTP_URL', value: '@Microsoft.KeyVault(SecretUri=${secrets}/smtp-url)' }
        { name: 'KUNDPORTAL_STORAGE_PLACES', value: '${location}/${storageSku}' }
      ]
      cors: {
        allowedOrigins: portal.origins
        supportCredentials: false
      }
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
    }
  }
}

// Nothing is published by password.
resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'scm'
  properties: {
    allow: false
  }
}
