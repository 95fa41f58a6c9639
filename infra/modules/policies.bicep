// The region lock as Azure Policy: what the register does not allow is refused, whoever deploys it and by whatever means.

targetScope = 'subscription'

param allowedRegions string[]
param geoReplicatedRegions string[]
param allowedGlobalTypes string[]

@description('Which register this is by; shown to whoever is refused.')
param register string

var builtIn = {
  locations: 'e56962a6-4747-49cd-b67b-bf8b01975c4c'
  resourceGroupLocations: 'e765b5de-1225-4ba3-bd56-1ac6695af988'
}

var message = 'Not allowed by ${register}.'

resource locations 'Microsoft.Authorization/policyAssignments@2025-03-01' = {
  name: 'kundportal-locations'
  properties: {
    displayName: 'Kundportal: resources only in regions of the register'
    policyDefinitionId: tenantResourceId('Microsoft.Authorization/policyDefinitions', builtIn.locations)
    enforcementMode: 'Default'
    nonComplianceMessages: [{ message: message }]
    parameters: {
      listOfAllowedLocations: { value: allowedRegions }
    }
  }
}

resource resourceGroupLocations 'Microsoft.Authorization/policyAssignments@2025-03-01' = {
  name: 'kundportal-groups'
  properties: {
    displayName: 'Kundportal: resource groups only in regions of the register'
    policyDefinitionId: tenantResourceId('Microsoft.Authorization/policyDefinitions', builtIn.resourceGroupLocations)
    enforcementMode: 'Default'
    nonComplianceMessages: [{ message: message }]
    parameters: {
      listOfAllowedLocations: { value: allowedRegions }
    }
  }
}

// The built-in policies do not see where a geo-redundant account copies to.
resource geoReplication 'Microsoft.Authorization/policyDefinitions@2025-03-01' = {
  name: 'kundportal-geo-replication'
  properties: {
    displayName: 'Kundportal: no geo-redundant storage whose paired region is not in the register'
    policyType: 'Custom'
    mode: 'Indexed'
    parameters: {
      regions: {
        type: 'Array'
        metadata: { displayName: 'Regions whose pair is allowed' }
      }
    }
    policyRule: {
      if: {
        allOf: [
          { field: 'type', equals: 'Microsoft.Storage/storageAccounts' }
          {
            field: 'Microsoft.Storage/storageAccounts/sku.name'
            in: ['Standard_GRS', 'Standard_RAGRS', 'Standard_GZRS', 'Standard_RAGZRS']
          }
          { field: 'location', notIn: '[parameters(\'regions\')]' }
        ]
      }
      then: { effect: 'deny' }
    }
  }
}

resource geoReplicationAssignment 'Microsoft.Authorization/policyAssignments@2025-03-01' = {
  name: geoReplication.name
  properties: {
    displayName: geoReplication.properties.displayName
    policyDefinitionId: geoReplication.id
    enforcementMode: 'Default'
    nonComplianceMessages: [{ message: message }]
    parameters: {
      regions: { value: geoReplicatedRegions }
    }
  }
}

// Object replication copies to whatever account its policy names.
resource objectReplication 'Microsoft.Authorization/policyDefinitions@2025-03-01' = {
  name: 'kundportal-object-replication'
  properties: {
    displayName: 'Kundportal: no object replication'
    policyType: 'Custom'
    mode: 'All'
    policyRule: {
      if: { field: 'type', equals: 'Microsoft.Storage/storageAccounts/objectReplicationPolicies' }
      then: { effect: 'deny' }
    }
  }
}

resource objectReplicationAssignment 'Microsoft.Authorization/policyAssignments@2025-03-01' = {
  name: objectReplication.name
  properties: {
    displayName: objectReplication.properties.displayName
    policyDefinitionId: objectReplication.id
    enforcementMode: 'Default'
    nonComplianceMessages: [{ message: message }]
  }
}

// The built-in policies let everything pass whose location is 'global'.
resource globalTypes 'Microsoft.Authorization/policyDefinitions@2025-03-01' = {
  name: 'kundportal-global-types'
  properties: {
    displayName: 'Kundportal: no global resources of a type that is not in the register'
    policyType: 'Custom'
    mode: 'All'
    parameters: {
      types: {
        type: 'Array'
        metadata: { displayName: 'Types that may be global' }
      }
    }
    policyRule: {
      if: {
        allOf: [
          { field: 'location', equals: 'global' }
          { field: 'type', notIn: '[parameters(\'types\')]' }
        ]
      }
      then: { effect: 'deny' }
    }
  }
}

resource globalTypesAssignment 'Microsoft.Authorization/policyAssignments@2025-03-01' = {
  name: globalTypes.name
  properties: {
    displayName: globalTypes.properties.displayName
    policyDefinitionId: globalTypes.id
    enforcementMode: 'Default'
    nonComplianceMessages: [{ message: message }]
    parameters: {
      types: { value: allowedGlobalTypes }
    }
  }
}
