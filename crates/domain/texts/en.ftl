### Texts for people, in English. The same names and variables as in sv.ftl; a test compares.

## Shared

# In place of the name of somebody whose account is gone.
former-user = Former user
role-member = user
role-customerAdministrator = customer administrator
role-administrator = administrator
role-dataProtectionOfficer = data protection officer

## Problems (RFC 9457): title and detail

problem-malformed-title = The request cannot be read
problem-malformed-detail = What was sent does not have a form that the service understands.
problem-unauthenticated-title = You need to sign in
problem-unauthenticated-detail = The sign-in is missing or no longer valid. Sign in and try again.
problem-step-up-required-title = Sign in again
problem-step-up-required-detail = This needs a recent sign-in. Sign in again and retry.
problem-forbidden-title = You are not allowed to do this
problem-forbidden-detail = Your role does not permit it. Ask your administrator if you need to do it.
problem-not-found-title = Not found
problem-not-found-detail = What you are looking for does not exist or is not available to you.
problem-method-not-allowed-title = Cannot be done here
problem-method-not-allowed-detail = The address exists, but not with this method.
problem-conflict-title = Not possible right now
problem-conflict-detail = Things have changed so that this cannot be done. Fetch it again and have a look.
problem-precondition-failed-title = Somebody else was faster
problem-precondition-failed-detail = The data have changed since you fetched them. Fetch them again and redo your change.
problem-too-large-title = Too large
problem-too-large-detail = What was sent is larger than what is accepted.
problem-unsupported-media-type-title = The format is not accepted
problem-unsupported-media-type-detail = The content has a format that is not accepted here.
problem-range-not-satisfiable-title = No such part
problem-range-not-satisfiable-detail = The file ends before the part that is asked for.
problem-invalid-input-title = Something needs correcting
problem-invalid-input-detail = One or more values break a rule. Each of them is listed.
problem-too-many-requests-title = Too many attempts
problem-too-many-requests-detail = Wait a while and then try again.
problem-unavailable-title = Temporarily unavailable
problem-unavailable-detail = The service cannot do this right now. Try again in a while.
problem-internal-title = Something went wrong on our side
problem-internal-detail = The error has been recorded. Give the instance value if you contact us.
problem-retention-not-chosen-title = No storage period has been chosen
problem-retention-not-chosen-detail = The administrator first needs to decide how long this is kept.
problem-awaiting-agreement-title = The agreement is missing
problem-awaiting-agreement-detail = The data processing agreement is not in place. Until it is, only administrators can use the portal.
problem-too-many-pending-title = Too many unanswered invitations
problem-too-many-pending-detail = The customer already has as many unanswered invitations as it may have. Revoke some or wait until they are answered.
problem-too-many-uploads-title = Too many uploads in progress
problem-too-many-uploads-detail = You already have as many uploads in progress as you may have. Complete some, or wait: each is removed a day after it was last used.
problem-nothing-uploaded-title = Nothing uploaded yet
problem-nothing-uploaded-detail = The file has not arrived at the address that was given for it. Upload it and try again.
problem-invite-expired-title = The invitation has expired
problem-invite-expired-detail = Ask the person who invited you to send a new one.
problem-invite-revoked-title = The invitation has been revoked
problem-invite-revoked-detail = The person who invited you has withdrawn the invitation.
problem-invite-accepted-title = The invitation has already been used
problem-invite-accepted-detail = An invitation can be used once. Sign in as usual if it was you.
problem-code-required-title = Enter the code from the e-mail
problem-code-required-detail = We have sent a one-time code to the invited address. Enter it to continue.
problem-code-invalid-title = Wrong code
problem-code-invalid-detail = The code is wrong or has expired. After five attempts the invitation has to be sent again.
problem-last-administrator-title = The last administrator
problem-last-administrator-detail = At least one active administrator has to remain. Appoint another one first.
problem-email-taken-title = The address is already in use
problem-email-taken-detail = Another user has this e-mail address.
problem-user-deactivated-title = The account is deactivated
problem-user-deactivated-detail = You can reach your profile and your requests, but nothing else. Contact your administrator.
problem-tenant-exists-title = The name is taken
problem-tenant-exists-detail = There is, or has been, an installation of that name. Names are never reused.
problem-idempotency-mismatch-title = The key has already been used
problem-idempotency-mismatch-detail = The same Idempotency-Key was used with different content. Use a new key.
problem-already-member-title = Already a member
problem-already-member-detail = The person already belongs to the customer.
problem-request-not-ready-title = Not ready yet
problem-request-not-ready-detail = The data are still being put together. You will get an e-mail when they are ready.
problem-request-closed-title = The request is closed
problem-request-closed-detail = A closed request cannot be changed. Make a new one if you need to.
problem-file-being-written-title = The file is still being saved
problem-file-being-written-detail = Wait until the file has been saved and try again.
problem-region-lock-title = The region is not permitted
problem-region-lock-detail = The service does not run where the registered sub-processors may process data. Changes and sending wait.
region-lock-place = The service runs or stores data in a place that revision { $revision } of the register of sub-processors does not allow: { $place }. Changes and sending wait. Reading works, and a request for access to personal data is taken in and answered.
region-lock-nowhere = The service does not know in which region it runs and stores data, which revision { $revision } of the register of sub-processors does not allow. Changes and sending wait. Reading works, and a request for access to personal data is taken in and answered.

## Mail: shared

mail-greeting = Hello { $name },
mail-greeting-plain = Hello,
mail-link-plain = Open the link: { $link }
mail-link-fallback = If the button does not work, copy the link into your browser:
mail-signature = Kind regards, { $tenant }
mail-footer = This e-mail comes from the customer portal of { $tenant }. It cannot be replied to.

## Mail: invitation

mail-invitation-subject = { $tenant } invites you to its customer portal
mail-invitation-body =
    { $tenant } invites you to its customer portal, where you represent { $customer }.

    In the portal you share files and comments, and you see and correct your own data.
mail-invitation-without-customer-subject = { $tenant } invites you to its customer portal
mail-invitation-without-customer-button = Accept
mail-invitation-without-customer-body =
    { $tenant } invites you to its customer portal.

    In the portal files and comments are shared, and you see and correct your own data.
mail-invitation-inviter = { $inviter } has invited you.
mail-invitation-message = A message from the person who invites you:
mail-invitation-days =
    { $days ->
        [one] The link is valid for one day and can be used once.
       *[other] The link is valid for { $days } days and can be used once.
    }
mail-invitation-privacy = { $tenant } has received your e-mail address and your name from the person who invited you. If you do not answer, the invitation expires and the data are deleted some time after that.
mail-invitation-button = Accept

## Mail: invitation of an administrator

mail-administrator-invitation-subject = Become an administrator of the customer portal of { $tenant }
mail-administrator-invitation-body =
    You are invited to be an administrator of the customer portal of { $tenant }.

    As an administrator you invite users and decide for { $tenant } in matters of personal data: requests, storage periods and agreements.
mail-administrator-invitation-button = Accept

## Mail: one-time code

mail-accept-code-subject = Your code for { $tenant }
mail-accept-code-body =
    Your code is { $code }.

    Enter it where you answer the invitation. Do not pass it on to anybody, { $tenant } never asks for it.

    If you are not answering an invitation, you can ignore this e-mail.

## Mail: change of e-mail address

mail-email-change-confirm-subject = Confirm your new e-mail address
mail-email-change-confirm-body =
    You have asked for this address to become your e-mail address at { $tenant }.

    Confirm with the button within 24 hours, and we change it. If you do nothing, nothing happens.

    Was it not you? Then you can ignore this e-mail.
mail-email-change-confirm-button = Confirm the address
mail-email-change-notice-subject = A change of e-mail address has been requested
mail-email-change-notice-body =
    Somebody signed in as you at { $tenant } has asked to change your e-mail address. It changes only once the new address has been confirmed.

    If it was you, there is nothing to do here. If it was not: sign in, cancel the change in your profile and contact { $tenant }.
mail-email-changed-subject = Your e-mail address has been changed
mail-email-changed-body =
    Your e-mail address at { $tenant } has now been changed. This e-mail goes to both the old and the new address.

    Was it not you who changed it? Contact { $tenant } as soon as you can.

## Mail: profile, role and account

mail-profile-corrected-subject = Your data at { $tenant } have been corrected
mail-profile-corrected-body =
    An administrator of { $tenant } has corrected data in your profile.

    The reason is: { $reason }

    Sign in to see what it says now. If it is not right, you can correct it yourself or ask for rectification.
mail-profile-corrected-button = See my profile
mail-role-changed-subject = Your role at { $tenant } has changed
mail-role-changed-body =
    Your role in the customer portal of { $tenant } is now { $role }.

    If you have questions about the change, contact { $tenant }.
mail-account-deactivated-subject = Your account at { $tenant } has been deactivated
mail-account-deactivated-body =
    Your account in the customer portal of { $tenant } has been deactivated, so that you no longer reach files and comments.

    You can still sign in and see your profile, and ask for your data. After { $days } days the data of the account are deleted.
mail-account-reactivated-subject = Your account at { $tenant } is active again
mail-account-reactivated-body =
    Your account in the customer portal of { $tenant } is active again. Sign in as usual.
mail-account-reactivated-button = Sign in

## Mail: access request

mail-request-received-subject = We have received your request
mail-request-received-body =
    { $tenant } has received your request for access to your personal data.

    You will have an answer by { $due }, mostly much sooner. Meanwhile you can follow the request in the portal.
mail-request-received-button = See the request
mail-package-ready-subject = Your data are ready to fetch
mail-package-ready-body =
    Everything that { $tenant } holds about you in the customer portal has been put together in one file, which you fetch in the portal. For security you are asked to sign in again first.

    The file is deleted on { $until }. You can ask for a new one at any time.

    If something is wrong you can ask for rectification. You can also complain to the Swedish Authority for Privacy Protection, imy.se.
mail-package-ready-button = Fetch my data
mail-package-too-much-subject = Your data are ready to fetch, except for some files
mail-package-too-much-body =
    What { $tenant } holds about you in the customer portal has been put together in one file, which you fetch in the portal. For security you are asked to sign in again first. The file is deleted on { $until }.

    You have uploaded so much that it does not all go into one file: { $number } of your files are not in it. The package lists them, and while your account is active you can fetch each of them in the portal. You have a right to them, so ask { $tenant } if there is one that you cannot reach; they know of it.

    If something is wrong you can ask for rectification. You can also complain to the Swedish Authority for Privacy Protection, imy.se.
mail-package-too-much-button = Fetch my data
mail-package-left-out-subject = An access package at { $tenant } is not complete
mail-package-left-out-body =
    Somebody has asked for access to their data at { $tenant }, and { $number } files were too much for one package. They have got the rest and know which files are missing.

    Reference: { $reference }. They have a right to a copy of those files too. See to it that they can fetch them in the portal, or hand them over in another way, before the request's deadline.
mail-package-left-out-button = Open the portal
mail-package-partly-ready-subject = A part of your data is ready to fetch
mail-package-partly-ready-body =
    A first part of your data at { $tenant } is ready to fetch in the portal: your profile, sign-ins, files, comments and activity. For security you are asked to sign in again first.

    You are also mentioned in something that others have written. An administrator goes through that part, because it concerns other people, and you will have an answer by { $due }.

    The first part is deleted on { $until }.
mail-package-partly-ready-button = Fetch the first part

## Mail: idle account

mail-idle-warning-subject =
    { $days ->
        [one] Your account at { $tenant } will be deleted tomorrow
       *[other] Your account at { $tenant } will be deleted in { $days } days
    }
mail-idle-warning-body =
    You have not used the customer portal of { $tenant } for a long time. Accounts that are not used are deleted, so that nobody keeps your data without need.

    Do you want to keep the account? Sign in before { $date }, and everything is as before. Otherwise the account is deleted on that day, and you need not do anything.

    Files and comments stay with your company, but without your name.
mail-idle-warning-button = Sign in and keep the account

## Mail: to administrators

mail-administrator-invited-subject = A new administrator has been invited at { $tenant }
mail-administrator-invited-body =
    Somebody has been invited to be an administrator of the customer portal of { $tenant }.

    Authority for the invitation: { $authority }

    If you do not recognise it, sign in and revoke the invitation.
mail-administrator-invited-button = See the invitations
mail-work-stuck-subject = Something is stuck at { $tenant }
mail-work-stuck-body =
    Something in the customer portal of { $tenant } could not be done in spite of several attempts: { $work }.

    Reference: { $reference }. The service tries again by itself. If it concerns a data subject's request, its deadline keeps running, so follow it up.
mail-work-stuck-button = Open the portal
stuck-export = the package of an access request
stuck-retention = the clean-up of what has been kept long enough
stuck-invitation = the sending of an invitation
stuck-change = the completion of a change

## Released data: index.html of the archive

package-title = Your personal data at { $tenant }
package-intro = This is everything that { $tenant } holds about you in its customer portal, as it was on { $date }. The folder data has the same in machine-readable form (JSON), and your files as they were uploaded.
package-about = About this release
package-request = Request
package-received = Received
package-made = Put together
package-controller = Controller
package-contact = Contact
package-data-protection-officer = Data protection officer
package-rights = Your rights
package-rights-body = You can ask for rectification, erasure or restriction, and object to the processing. If you are not satisfied you can complain to the Swedish Authority for Privacy Protection, imy.se.
package-verify = How to check that nothing is missing and everything is genuine
package-verify-body = The folder is a BagIt bag (RFC 8493). Run this in it, or bagit.py --validate on it:
package-verify-signature = The file signature.jws is the portal's signature (JWS by RFC 7515, with ES256) of tagmanifest-sha256.txt, and so of all that is in the folder. Fetch the portal's public keys, which are at its address followed by /api/keys, as the file keys.json. Then run this, which prints something only where the signature is wrong; the program jose is there for Linux and macOS:
package-contents = Contents
package-empty = There is nothing about you here.
package-yes = yes
package-no = no
package-none = –
package-not-included = Not included
package-not-included-body = The following existed when the work began, but is not included as it was then. Each has its reason. Of what had changed, the later version is included.
package-gone = Deleted before it could be copied
package-changed = Changed before it could be copied
package-unknown = Is of a kind that this package does not know. Ask the contact above.
package-too-much = Too much for one and the same package. Fetch the file in the portal, or ask the contact above.

package-profile = Profile
package-profile-empty = There is no profile.
package-picture = Picture
package-picture-empty = You have not uploaded a picture.
package-sign-ins = Sign-ins
package-sign-ins-empty = No sign-ins are stored.
package-activity = Activity
package-activity-empty = No activity is stored.
package-look-ups = Look-ups of you
package-look-ups-empty = Nobody has looked you up.
package-look-ups-note = When others have looked up your data and why. Who it was is not disclosed.
package-files = Files
package-files-empty = You have not uploaded any files.
package-uploads = Uploads that have not become files
package-uploads-empty = There are no such uploads.
package-uploads-note = What has been sent of them is not included; it is deleted within a day unless the upload is completed. One that is completed is among the files.
package-comments = Comments
package-comments-empty = You have not written any comments.
package-invitations = Invitations
package-invitations-empty = There are no invitations.
package-mails = Mails on their way to you
package-mails-empty = No mails are on their way to you.
package-requests = Requests
package-requests-empty = There are no requests.
package-memberships = Customers
package-memberships-empty = You do not belong to any customer.

package-column-name = Name
package-column-value = Value
package-column-email = E-mail
package-column-mail = Mail
package-column-pending-email = New e-mail, unconfirmed
package-column-phone = Phone
package-column-locale = Language
package-column-role = Role
package-column-status = Status
package-column-customer = Customer
package-column-thread = Thread
package-column-text = Text
package-column-time = Time
package-column-date = Date
package-column-ip-address = IP address
package-column-purpose = Purpose
package-column-event = Event
package-column-file = File
package-column-size = Size
package-column-content-type = Format
package-column-checksum = Checksum (SHA-256)
package-column-uploaded = Uploaded
package-column-begun = Begun
package-column-created = Created
package-column-updated = Changed
package-column-sent = Sent
package-column-answered = Answered
package-column-received = Received
package-column-due = Answer due by
package-column-closed = Closed
package-column-state = State
package-column-kind = Kind
package-column-kept-until = Kept until
package-column-reason = Reason
package-column-reference = Reference
package-column-issuer = Sign-in service
package-column-subject = Your id at the sign-in service
package-column-last-used = Last used
package-column-since = Since
package-column-statement = Supplementary statement
package-column-message = Message
package-column-fields = Other data
package-locale-sv = Swedish
package-locale-en = English
package-status-active = active
package-status-deactivated = deactivated
package-kind-access = access to personal data (Article 15)
package-state-inProgress = in progress
upload-state-open = begun
upload-state-checking = being checked
upload-state-refused = refused
upload-refused-wrong-size = The file is not as long as was announced. Upload it again.
upload-refused-changed = The file was changed after it was said to be complete. Upload it again.
upload-refused-gone = The file was no longer there when it was to be checked. Upload it again.
upload-refused-took-too-long = Checking the file took too long. Try again later, or with a smaller file.
upload-refused-access-ended = You could no longer put files there when the file was checked.
package-state-ready = ready to fetch
package-state-fulfilled = answered
package-state-partlyFulfilled = answered in part
package-state-withdrawn = withdrawn
package-invite-pending = unanswered
package-invite-accepted = accepted
package-invite-revoked = revoked
package-invite-expired = expired
package-purpose-userAdministration = user administration
package-purpose-caseHandling = case handling
package-machine-readable = In machine-readable form: { $file }
package-schema = What the fields mean: { $file }
package-more = { $shown } of { $total } are shown here. All of them are in { $file }.
package-picture-alt = Your picture
package-item = Item

## Activity and look-ups, by the operation's name in the interface

activity-listUsers = Your user record was shown in a list of users
activity-searchUsers = Somebody searched for your user record
activity-getUser = Your user record was opened
activity-updateUser = Your user record was changed
activity-getUserPicture = Your picture was shown
activity-getProfile = The profile was read
activity-patchProfile = The profile was changed
activity-cancelEmailChange = A change of e-mail address was cancelled
activity-listSignIns = The sign-ins were read
activity-listLookUps = The look-ups were read
activity-putPicture = The picture was replaced
activity-getPicture = The picture was read
activity-deletePicture = The picture was removed
activity-putMember = Your membership of a customer was changed
activity-deleteMember = Your membership of a customer was ended
activity-createCustomer = A customer was created
activity-listCustomers = The customers were read
activity-updateCustomer = A customer was changed
activity-uploadFile = A file was uploaded
activity-createUpload = The upload of a file was begun
activity-getUpload = The state of an upload was read
activity-completeUpload = The upload of a file was completed
activity-listFiles = The files were shown in a list
activity-getFile = The details of a file were read
activity-deleteFile = A file was deleted
activity-getFileContent = A file was opened
activity-downloadFile = A file was downloaded
activity-createRequest = A request was registered
activity-listRequests = Your request was shown in a list of requests
activity-getRequest = Your request was opened
activity-getRequestPlan = The list of what your request covers was read
activity-withdrawRequest = A request was withdrawn
activity-getRequestPackage = The package for your request was fetched
activity-getTenant = The settings of the installation were read
activity-updateTenant = The settings of the installation were changed
activity-createInvite = An invitation was sent
activity-importInvites = Invitations were imported from a file
activity-listInvites = Your invitation was shown in a list of invitations
activity-revokeInvite = An invitation was revoked
activity-resendInvite = An invitation was sent again
activity-reinviteUser = You were invited again
activity-writeComment = A comment was written
activity-listComments = The comments of a thread were read
activity-editComment = A comment was changed
activity-deleteComment = A comment was deleted
activity-listThreads = The threads were shown in a list
activity-getAbout = The information on personal data was read
activity-listNotices = The notices to the administrators were read
activity-getAnnex = The annex with the list of sub-processors was read
activity-createSubProcessorObjection = An objection to a sub-processor was made
activity-listSubProcessorObjections = The objections to sub-processors were read

## The data map: categories of personal data

data-profile-name = Profile
data-profile-purpose = To know who uses the portal on behalf of the customer, to reach the person and to give the right access.
data-profile-source = The invitation, what the person has changed, and corrections by an administrator.
data-profile-kept = Counts from the last day the account was used. The person is warned before the account goes. A deactivated account goes earlier.

data-email-changes-name = New e-mail address that is not confirmed
data-email-changes-purpose = To check that the new address is the person's own before it takes effect.
data-email-changes-source = The person.
data-email-changes-kept = Counts from when the change was asked for.

data-pictures-name = Picture
data-pictures-purpose = To let colleagues recognise each other in the portal.
data-pictures-source = The person.
data-pictures-kept = Until the person removes it, or as long as the account exists.

data-last-use-name = Last used
data-last-use-purpose = To remove accounts that are not used.
data-last-use-source = Written when the person uses the portal; the day only, no IP address.
data-last-use-kept = As long as the account exists.

data-sign-ins-name = Sign-ins
data-sign-ins-purpose = To discover and investigate sign-ins by others. The person sees them too.
data-sign-ins-source = Written when the person signs in, with the browser's IP address.
data-sign-ins-kept = Counts from the sign-in.

data-activity-name = Activity and look-ups
data-activity-purpose = To let the person and the supplier see what was done, and when somebody looked up the person's data.
data-activity-source = Written when the person or somebody else does something that concerns the person.
data-activity-kept = Counts from the event.

data-references-name = References
data-references-purpose = To find everything that concerns the person when it is to be released or erased.
data-references-source = Written by the service.
data-references-kept = As long as the account exists.

data-files-name = Files
data-files-purpose = The collaboration between the supplier and the customer. The files are the supplier's records.
data-files-source = Whoever uploaded the file.
data-files-kept = Counts from the upload. The supplier decides the period. The file stays when its uploader leaves, but without the name.

data-comments-name = Comments
data-comments-purpose = The collaboration between the supplier and the customer. The comments are the supplier's records.
data-comments-source = Whoever wrote the comment.
data-comments-kept = Counts from when the comment was written. The supplier decides the period. The comment stays when its author leaves, but without the name.

data-customers-name = Customers
data-customers-purpose = To know which companies the portal is for and which users belong to them.
data-customers-source = The supplier.
data-customers-kept = Until the supplier closes the portal or removes the customer.

data-mails-name = Mails on their way
data-mails-purpose = To tell the person what concerns the account, until the mail is sent.
data-mails-source = Written by the service when something has happened that the person is told of.
data-mails-kept = Until the mail is sent.

data-invitations-name = Invitations
data-invitations-purpose = To invite users and to be able to show who invited whom.
data-invitations-source = The administrator who invited.
data-invitations-kept = An unanswered invitation expires by itself. The period then counts from when it was answered, revoked or expired.

data-cases-name = Requests
data-cases-purpose = To answer data subjects' requests in time and to be able to show it.
data-cases-source = The data subject, or an administrator on their behalf.
data-cases-kept = Counts from when the case was closed, without name, address and free text.

data-packages-name = Released data
data-packages-purpose = To give the data subject a copy of the data.
data-packages-source = Put together by the service from the other categories.
data-packages-kept = Counts from when the file was ready.

data-settings-name = Settings
data-settings-purpose = To let data subjects know whom to turn to, and to show who decides for the supplier.
data-settings-source = The supplier's administrators and the operator of the service.
data-settings-kept = Until they are changed or the supplier closes the portal.

data-identity-index-name = Look-up values of identities and addresses
data-identity-index-purpose = To find the right user at sign-in and invitation without the address lying in the open.
data-identity-index-source = Computed by the service with a secret key.
data-identity-index-kept = As long as the account or the invitation exists.

data-index-name = Lists
data-index-purpose = To show lists of users, files, comments, invitations and requests.
data-index-source = Written by the service; identifiers only, no names.
data-index-kept = As long as what is listed exists.

data-idempotency-keys-name = Keys against repeated calls
data-idempotency-keys-purpose = To avoid doing the same thing twice when a call is sent again.
data-idempotency-keys-source = Written by the service.
data-idempotency-keys-kept = Counts from when the key was used.

data-uploads-name = Uploads in progress
data-uploads-purpose = To receive large files.
data-uploads-source = Whoever uploads.
data-uploads-kept = Counts from when the upload was begun, or completed by whoever uploads. What has become a file counts as one.

data-work-name = Waiting work
data-work-purpose = To see to it that what was begun is done, mails are sent and data are deleted in time.
data-work-source = Written by the service; identifiers only. Mails are written when they are sent.
data-work-kept = Until the work is done.

data-run-reports-name = Reports of the deletion runs
data-run-reports-purpose = To be able to show that data were deleted in time.
data-run-reports-source = Written by the service.
data-run-reports-kept = Counts from the run.

data-audit-name = Audit log
data-audit-purpose = To be able to show who did what with personal data.
data-audit-source = Written by the service at changes and look-ups; identifiers instead of names.
data-audit-kept = Counts from the day of the event.

data-platform-logs-name = Logs of the platform
data-platform-logs-purpose = To keep the service running and to discover attacks.
data-platform-logs-source = Written by the platform, with the IP address.
data-platform-logs-kept = Counts from the call.

basis-consent = Consent (Art. 6(1)(a))
basis-contract = Contract (Art. 6(1)(b))
basis-legal-obligation = Legal obligation (Art. 6(1)(c))
basis-legitimate-interests = Legitimate interests (Art. 6(1)(f))
erasure-delete = Is deleted.
erasure-detach = Stays with the supplier, without your name.
erasure-strip = Stays for its period, without name, address and free text.
erasure-keep = Stays for its period, without names.
erasure-expire = Goes by itself within a short time.
left-out-index = Consists only of identifiers of what is included already.
left-out-package = Is an earlier copy of the same data.
left-out-settings = Concerns the supplier and not you as a user; your own role is in the profile.
left-out-pseudonymous = Holds only counts and identifiers.
left-out-logs = Is kept by the platform and cannot be searched by person.

## Privacy notice (Art. 13 and 14)

privacy-notice = { $tenant } is the controller of the personal data in this customer portal: your name, e-mail address, phone number, picture, sign-ins with IP address, and what you write and upload. They are used so that you can work with { $tenant } in the portal. You can see, correct and take out everything that is held about you in the portal, and complain to the Swedish Authority for Privacy Protection (IMY).

## Sub-processors: public page

sub-processors-language = In English
sub-processors-title = Sub-processors
sub-processors-author = The operator of the service
sub-processors-intro = These are all who process personal data for the operator, what they do, where the data are stored and when data may be transferred to a third country.
sub-processors-zone-eu = The data are stored in the EU.
sub-processors-zone-eea = The data are stored in the EEA.
sub-processors-zone-adequacy = The data are stored in the EEA or in countries that the European Commission has found to give adequate protection.
sub-processors-notice = New sub-processors, and more places, transfers, data or purposes of those that are used, are announced at least { $days } days ahead. In that time customers may object.
sub-processors-as-of = Revision { $revision }, { $date }.
sub-processors-history = Changes of sub-processors
sub-processors-feed = The changes as a feed (Atom)
sub-processors-revision = Revision { $number }
sub-processor-status = Status
sub-processor-status-announced = Announced, not in use yet
sub-processor-status-active = In use
sub-processor-status-ending = In use, and will no longer be
sub-processor-status-former = No longer in use
sub-processor-announced = Announced
sub-processor-effective = In use from
sub-processor-effective-earliest = In use from, at the earliest
sub-processor-ended = In use until
sub-processor-deletion-confirmed = Deletion confirmed
sub-processor-company = Company
sub-processor-address = Address
sub-processor-parent = Parent company
sub-processor-contact = Contact
sub-processor-website = Website
sub-processor-use = Used for
sub-processor-use-hosting = Hosting and storage
sub-processor-use-identity = Signing in
sub-processor-use-mail = E-mail
sub-processor-use-support = Support of the operation
sub-processor-use-other = Something else
sub-processor-purpose = Purpose
sub-processor-processing = Processing
sub-processor-data = Data
sub-processor-data-all = All data in the service
sub-processor-stored-in = Stored in
sub-processor-non-regional = Services that cannot be kept to a region
sub-processor-global = global
sub-processor-replicates = copied to the paired region
sub-processor-transfers = Transfer to a third country
sub-processor-no-transfer = None.
sub-processor-mechanism-adequacy = Adequacy decision (Article 45)
sub-processor-mechanism-clauses = Standard contractual clauses (Article 46(2)(c))
sub-processor-mechanism-rules = Binding corporate rules (Articles 46(2)(b) and 47)
sub-processor-agreement = Agreement
sub-processor-objection = On an objection
sub-processor-change = Change
sub-processor-change-announced = Announced by revision { $revision }, in force from { $effective } at the earliest
sub-processor-change-in-force = Announced by revision { $revision }, in force from { $effective }
sub-processor-change-withdrawn = Announced by revision { $revision } and withdrawn

## Countries that the register names; others are shown by their code

country-AT = Austria
country-BE = Belgium
country-BG = Bulgaria
country-CH = Switzerland
country-CY = Cyprus
country-CZ = Czechia
country-DE = Germany
country-DK = Denmark
country-EE = Estonia
country-ES = Spain
country-FI = Finland
country-FR = France
country-GB = United Kingdom
country-GR = Greece
country-HR = Croatia
country-HU = Hungary
country-IE = Ireland
country-IN = India
country-IS = Iceland
country-IT = Italy
country-LI = Liechtenstein
country-LT = Lithuania
country-LU = Luxembourg
country-LV = Latvia
country-MT = Malta
country-NL = Netherlands
country-NO = Norway
country-PL = Poland
country-PT = Portugal
country-RO = Romania
country-SE = Sweden
country-SI = Slovenia
country-SK = Slovakia
country-US = United States

## Mail: sub-processors

mail-sub-processors-subject = A change of sub-processors that process data for { $tenant }
mail-sub-processors-body =
    { $summary }

    { $objection }

    The notice is also in the portal. The whole list of sub-processors is public.
mail-sub-processors-button = Open the portal
notice-nothing-to-do = There is nothing for you to do.
notice-may-object = You may object until { $until }. What an objection leads to: { $consequences }
