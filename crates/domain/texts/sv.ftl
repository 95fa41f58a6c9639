### Texter för människor, på svenska. Samma namn och variabler som i en.ftl; ett test jämför.

## Gemensamt

# I stället för namnet på den vars konto är borta.
former-user = Tidigare användare
role-member = användare
role-customerAdministrator = kundens administratör
role-administrator = administratör
role-dataProtectionOfficer = dataskyddsombud

## Problem (RFC 9457): title och detail

problem-malformed-title = Begäran går inte att läsa
problem-malformed-detail = Det som skickades har inte den form som tjänsten förstår.
problem-unauthenticated-title = Du behöver logga in
problem-unauthenticated-detail = Inloggningen saknas eller gäller inte längre. Logga in och försök igen.
problem-step-up-required-title = Logga in på nytt
problem-step-up-required-detail = Det här kräver att du nyss har loggat in. Logga in igen och försök på nytt.
problem-forbidden-title = Du har inte behörighet
problem-forbidden-detail = Din roll tillåter inte det här. Vänd dig till din administratör om du behöver det.
problem-not-found-title = Finns inte
problem-not-found-detail = Det du söker finns inte eller är inte tillgängligt för dig.
problem-method-not-allowed-title = Går inte att göra här
problem-method-not-allowed-detail = Adressen finns, men inte med den här metoden.
problem-conflict-title = Det går inte just nu
problem-conflict-detail = Läget har ändrats så att det här inte går att göra. Hämta på nytt och se efter.
problem-precondition-failed-title = Någon annan hann före
problem-precondition-failed-detail = Uppgifterna har ändrats sedan du hämtade dem. Hämta dem på nytt och gör om ändringen.
problem-too-large-title = För stort
problem-too-large-detail = Det som skickades är större än vad som tas emot.
problem-unsupported-media-type-title = Formatet tas inte emot
problem-unsupported-media-type-detail = Innehållet har ett format som inte tas emot här.
problem-range-not-satisfiable-title = Den delen finns inte
problem-range-not-satisfiable-detail = Filen slutar före den del som efterfrågas.
problem-invalid-input-title = Något behöver rättas
problem-invalid-input-detail = En eller flera uppgifter följer inte reglerna. De räknas upp var för sig.
problem-too-many-requests-title = För många försök
problem-too-many-requests-detail = Vänta en stund och försök sedan igen.
problem-unavailable-title = Tillfälligt stopp
problem-unavailable-detail = Tjänsten kan inte göra detta just nu. Försök igen om en stund.
problem-internal-title = Något gick fel hos oss
problem-internal-detail = Felet är noterat. Ange instance-värdet om du hör av dig.
problem-retention-not-chosen-title = Lagringstid saknas
problem-retention-not-chosen-detail = Administratören behöver först bestämma hur länge det här ska sparas.
problem-awaiting-agreement-title = Avtalet saknas
problem-awaiting-agreement-detail = Personuppgiftsbiträdesavtalet är inte klart. Till dess kan bara administratörer använda portalen.
problem-too-many-pending-title = För många obesvarade inbjudningar
problem-too-many-pending-detail = Kundföretaget har redan så många obesvarade inbjudningar som det får ha. Återkalla några eller vänta tills de har besvarats.
problem-too-many-uploads-title = För många påbörjade uppladdningar
problem-too-many-uploads-detail = Du har redan så många påbörjade uppladdningar som du får ha. Slutför några eller vänta: var och en tas bort ett dygn efter att den senast användes.
problem-nothing-uploaded-title = Inget har laddats upp än
problem-nothing-uploaded-detail = Filen har inte kommit fram till den adress som angavs för den. Ladda upp den och försök igen.
problem-invite-expired-title = Inbjudan har gått ut
problem-invite-expired-detail = Be den som bjöd in dig att skicka en ny.
problem-invite-revoked-title = Inbjudan är återkallad
problem-invite-revoked-detail = Den som bjöd in dig har tagit tillbaka inbjudan.
problem-invite-accepted-title = Inbjudan är redan använd
problem-invite-accepted-detail = En inbjudan kan användas en gång. Logga in som vanligt om det var du.
problem-code-required-title = Ange koden från mejlet
problem-code-required-detail = Vi har skickat en engångskod till den inbjudna adressen. Skriv in den för att fortsätta.
problem-code-invalid-title = Fel kod
problem-code-invalid-detail = Koden stämmer inte eller har gått ut. Efter fem försök behöver inbjudan skickas på nytt.
problem-last-administrator-title = Sista administratören
problem-last-administrator-detail = Minst en aktiv administratör måste finnas kvar. Utse en till först.
problem-email-taken-title = Adressen används redan
problem-email-taken-detail = En annan användare har den här e-postadressen.
problem-user-deactivated-title = Kontot är inaktiverat
problem-user-deactivated-detail = Du når din profil och dina begäranden, men inget annat. Vänd dig till din administratör.
problem-tenant-exists-title = Namnet är upptaget
problem-tenant-exists-detail = Det finns, eller har funnits, en installation med det namnet. Namn återanvänds aldrig.
problem-idempotency-mismatch-title = Nyckeln är redan använd
problem-idempotency-mismatch-detail = Samma Idempotency-Key har använts med ett annat innehåll. Använd en ny nyckel.
problem-already-member-title = Redan med
problem-already-member-detail = Personen hör redan till kundföretaget.
problem-request-not-ready-title = Inte klart än
problem-request-not-ready-detail = Underlaget sammanställs fortfarande. Du får ett mejl när det är klart.
problem-request-closed-title = Ärendet är avslutat
problem-request-closed-detail = Ett avslutat ärende går inte att ändra. Gör en ny begäran om du behöver.
problem-file-being-written-title = Filen sparas fortfarande
problem-file-being-written-detail = Vänta tills filen har sparats färdigt och försök igen.
problem-region-lock-title = Regionen är inte tillåten
problem-region-lock-detail = Tjänsten körs inte där underbiträdena i registret får behandla uppgifter. Ändringar och utskick väntar.
region-lock-place = Tjänsten körs eller lagrar uppgifter på en plats som revision { $revision } av registret över underbiträden inte tillåter: { $place }. Ändringar och utskick väntar. Det går att läsa, och en begäran om tillgång till personuppgifter tas emot och besvaras.
region-lock-nowhere = Tjänsten vet inte i vilken region den körs och lagrar uppgifter, och revision { $revision } av registret över underbiträden tillåter inte det. Ändringar och utskick väntar. Det går att läsa, och en begäran om tillgång till personuppgifter tas emot och besvaras.

## Mejl: gemensamt

mail-greeting = Hej { $name }!
mail-greeting-plain = Hej!
mail-link-plain = Öppna länken: { $link }
mail-link-fallback = Om knappen inte fungerar, kopiera länken till webbläsaren:
mail-signature = Vänliga hälsningar, { $tenant }
mail-footer = Det här mejlet kommer från kundportalen hos { $tenant }. Det går inte att svara på det.

## Mejl: inbjudan

mail-invitation-subject = { $tenant } bjuder in dig till sin kundportal
mail-invitation-body =
    { $tenant } bjuder in dig till sin kundportal, där du företräder { $customer }.

    I portalen delar ni filer och kommentarer, och där ser och rättar du dina egna uppgifter.
mail-invitation-without-customer-subject = { $tenant } bjuder in dig till sin kundportal
mail-invitation-without-customer-button = Tacka ja
mail-invitation-without-customer-body =
    { $tenant } bjuder in dig till sin kundportal.

    I portalen delas filer och kommentarer, och där ser och rättar du dina egna uppgifter.
mail-invitation-inviter = Det är { $inviter } som har bjudit in dig.
mail-invitation-message = Hälsning från den som bjuder in:
mail-invitation-days =
    { $days ->
        [one] Länken gäller i en dag och kan användas en gång.
       *[other] Länken gäller i { $days } dagar och kan användas en gång.
    }
mail-invitation-privacy = Din e-postadress och ditt namn har { $tenant } fått av den som bjöd in dig. Svarar du inte går inbjudan ut, och uppgifterna tas bort en tid därefter.
mail-invitation-button = Tacka ja

## Mejl: inbjudan av administratör

mail-administrator-invitation-subject = Bli administratör för kundportalen hos { $tenant }
mail-administrator-invitation-body =
    Du är inbjuden som administratör för kundportalen hos { $tenant }.

    Som administratör bjuder du in användare och beslutar för { $tenant } i frågor om personuppgifter: begäranden, lagringstider och avtal.
mail-administrator-invitation-button = Tacka ja

## Mejl: engångskod

mail-accept-code-subject = Din kod till { $tenant }
mail-accept-code-body =
    Din kod är { $code }.

    Skriv in den där du svarar på inbjudan. Lämna den inte till någon annan, { $tenant } frågar aldrig efter den.

    Om du inte försöker svara på en inbjudan kan du bortse från det här mejlet.

## Mejl: byte av e-postadress

mail-email-change-confirm-subject = Bekräfta din nya e-postadress
mail-email-change-confirm-body =
    Du har bett om att den här adressen ska bli din e-postadress hos { $tenant }.

    Bekräfta med knappen inom 24 timmar, så byter vi. Gör du inget händer ingenting.

    Var det inte du? Då kan du bortse från mejlet.
mail-email-change-confirm-button = Bekräfta adressen
mail-email-change-notice-subject = Byte av e-postadress har begärts
mail-email-change-notice-body =
    Någon som är inloggad som du hos { $tenant } har begärt att din e-postadress ska bytas. Bytet sker först när den nya adressen har bekräftats.

    Var det du behöver du inte göra något här. Var det inte du: logga in, avbryt bytet under din profil och hör av dig till { $tenant }.
mail-email-changed-subject = Din e-postadress är bytt
mail-email-changed-body =
    Din e-postadress hos { $tenant } är nu bytt. Det här mejlet går till både den gamla och den nya adressen.

    Var det inte du som bytte? Hör av dig till { $tenant } så fort du kan.

## Mejl: profil, roll och konto

mail-profile-corrected-subject = Dina uppgifter hos { $tenant } har rättats
mail-profile-corrected-body =
    En administratör hos { $tenant } har rättat uppgifter i din profil.

    Skälet är: { $reason }

    Logga in för att se vad som står där nu. Stämmer det inte kan du rätta det själv eller begära rättelse.
mail-profile-corrected-button = Se min profil
mail-role-changed-subject = Din roll hos { $tenant } har ändrats
mail-role-changed-body =
    Din roll i kundportalen hos { $tenant } är nu { $role }.

    Har du frågor om ändringen, vänd dig till { $tenant }.
mail-account-deactivated-subject = Ditt konto hos { $tenant } är inaktiverat
mail-account-deactivated-body =
    Ditt konto i kundportalen hos { $tenant } är inaktiverat, så att du inte längre når filer och kommentarer.

    Du kan fortfarande logga in och se din profil, och begära ut dina uppgifter. Efter { $days } dagar tas kontots uppgifter bort.
mail-account-reactivated-subject = Ditt konto hos { $tenant } är aktivt igen
mail-account-reactivated-body =
    Ditt konto i kundportalen hos { $tenant } är aktivt igen. Logga in som vanligt.
mail-account-reactivated-button = Logga in

## Mejl: begäran om tillgång

mail-request-received-subject = Vi har tagit emot din begäran
mail-request-received-body =
    { $tenant } har tagit emot din begäran om tillgång till dina personuppgifter.

    Du får svar senast { $due }, oftast mycket tidigare. Under tiden kan du följa ärendet i portalen.
mail-request-received-button = Se ärendet
mail-package-ready-subject = Dina uppgifter är klara att hämta
mail-package-ready-body =
    Allt som { $tenant } har om dig i kundportalen är sammanställt i en fil, som du hämtar i portalen. Av säkerhetsskäl får du logga in på nytt först.

    Filen tas bort den { $until }. Du kan när som helst begära en ny.

    Är något fel kan du begära rättelse. Du kan också klaga hos Integritetsskyddsmyndigheten, imy.se.
mail-package-ready-button = Hämta mina uppgifter
mail-package-too-much-subject = Dina uppgifter är klara att hämta, utom några filer
mail-package-too-much-body =
    Det som { $tenant } har om dig i kundportalen är sammanställt i en fil, som du hämtar i portalen. Av säkerhetsskäl får du logga in på nytt först. Filen tas bort den { $until }.

    Du har lagt upp så mycket att allt inte går in i en fil: { $number } av dina filer är inte med. De räknas upp i sammanställningen, och så länge ditt konto är aktivt hämtar du var och en i portalen. Du har rätt till dem, så hör av dig till { $tenant } om du inte kommer åt någon; de vet om det.

    Är något fel kan du begära rättelse. Du kan också klaga hos Integritetsskyddsmyndigheten, imy.se.
mail-package-too-much-button = Hämta mina uppgifter
mail-package-left-out-subject = Ett registerutdrag hos { $tenant } blev inte fullständigt
mail-package-left-out-body =
    En person har begärt tillgång till sina uppgifter hos { $tenant }, och { $number } filer var för mycket för ett paket. Personen har fått resten och vet vilka filer som saknas.

    Referens: { $reference }. Personen har rätt till en kopia också av de filerna. Se till att hon eller han kan hämta dem i portalen, eller lämna ut dem på annat sätt, innan tidsfristen för begäran går ut.
mail-package-left-out-button = Öppna portalen
mail-package-partly-ready-subject = En del av dina uppgifter är klar att hämta
mail-package-partly-ready-body =
    En första del av dina uppgifter hos { $tenant } är klar att hämta i portalen: din profil, dina inloggningar, filer, kommentarer och händelser. Av säkerhetsskäl får du logga in på nytt först.

    Du nämns också i något som andra har skrivit. Den delen går en administratör igenom, eftersom den rör andra personer, och du får svar senast { $due }.

    Den första delen tas bort den { $until }.
mail-package-partly-ready-button = Hämta första delen

## Mejl: oanvänt konto

mail-idle-warning-subject =
    { $days ->
        [one] Ditt konto hos { $tenant } tas bort i morgon
       *[other] Ditt konto hos { $tenant } tas bort om { $days } dagar
    }
mail-idle-warning-body =
    Du har inte använt kundportalen hos { $tenant } på länge. Konton som inte används tas bort, så att ingen sparar dina uppgifter i onödan.

    Vill du behålla kontot? Logga in före den { $date }, så är allt som förut. Annars tas kontot bort den dagen, och du behöver inte göra något.

    Filer och kommentarer finns kvar för ditt företag, men utan ditt namn.
mail-idle-warning-button = Logga in och behåll kontot

## Mejl: till administratörer

mail-administrator-invited-subject = En ny administratör är inbjuden hos { $tenant }
mail-administrator-invited-body =
    Någon har bjudits in som administratör för kundportalen hos { $tenant }.

    Stöd för inbjudan: { $authority }

    Känner du inte igen det? Logga in och återkalla inbjudan.
mail-administrator-invited-button = Se inbjudningarna
mail-work-stuck-subject = Ett ärende hos { $tenant } har fastnat
mail-work-stuck-body =
    Något i kundportalen hos { $tenant } gick inte att utföra trots flera försök: { $work }.

    Referens: { $reference }. Tjänsten försöker igen av sig själv. Gäller det en begäran från en registrerad löper tidsfristen under tiden, så följ upp den.
mail-work-stuck-button = Öppna portalen
stuck-export = paketet till en begäran om registerutdrag
stuck-retention = rensningen av det som har sparats länge nog
stuck-invitation = utskicket av en inbjudan
stuck-change = slutförandet av en ändring

## Utlämnade uppgifter: index.html i arkivet

package-title = Dina personuppgifter hos { $tenant }
package-intro = Här är allt som { $tenant } har om dig i sin kundportal, som det var { $date }. Mappen data innehåller samma uppgifter i maskinläsbar form (JSON) och dina filer som de laddades upp.
package-about = Om utlämnandet
package-request = Begäran
package-received = Mottagen
package-made = Sammanställd
package-controller = Personuppgiftsansvarig
package-contact = Kontakt
package-data-protection-officer = Dataskyddsombud
package-rights = Dina rättigheter
package-rights-body = Du kan begära rättelse, radering eller begränsning, och invända mot behandlingen. Är du inte nöjd kan du klaga hos Integritetsskyddsmyndigheten, imy.se.
package-verify = Så kontrollerar du att inget fattas och att allt är äkta
package-verify-body = Mappen är en BagIt-mapp (RFC 8493). Kör det här i den, eller bagit.py --validate på den:
package-verify-signature = Filen signature.jws är portalens signatur (JWS enligt RFC 7515, med ES256) av tagmanifest-sha256.txt, och därmed av allt i mappen. Hämta portalens publika nycklar, som finns på dess adress med /api/keys efter, som filen keys.json. Kör sedan det här, som bara skriver något om signaturen inte stämmer; programmet jose finns för Linux och macOS:
package-contents = Innehåll
package-empty = Här finns ingenting om dig.
package-yes = ja
package-no = nej
package-none = –
package-not-included = Det här kom inte med
package-not-included-body = Följande fanns när arbetet började, men finns inte med som det var då. Skälet står vid varje post. Av det som hade ändrats finns den senare lydelsen med.
package-gone = Togs bort innan det hann kopieras
package-changed = Ändrades innan det hann kopieras
package-unknown = Är av ett slag som sammanställningen inte känner till. Vänd dig till kontakten ovan.
package-too-much = För mycket för ett och samma paket. Hämta filen i portalen, eller vänd dig till kontakten ovan.

package-profile = Profil
package-profile-empty = Ingen profil finns.
package-picture = Bild
package-picture-empty = Du har inte laddat upp någon bild.
package-sign-ins = Inloggningar
package-sign-ins-empty = Inga inloggningar är sparade.
package-activity = Händelser
package-activity-empty = Inga händelser är sparade.
package-look-ups = Uppslag av dig
package-look-ups-empty = Ingen har slagit upp dig.
package-look-ups-note = När andra har slagit upp dina uppgifter och varför. Vem det var lämnas inte ut.
package-files = Filer
package-files-empty = Du har inte laddat upp några filer.
package-uploads = Uppladdningar som inte har blivit filer
package-uploads-empty = Inga sådana uppladdningar finns.
package-uploads-note = Det som har skickats av dem ingår inte; det tas bort inom ett dygn om uppladdningen inte slutförs. En slutförd uppladdning finns bland filerna.
package-comments = Kommentarer
package-comments-empty = Du har inte skrivit några kommentarer.
package-invitations = Inbjudningar
package-invitations-empty = Inga inbjudningar finns.
package-mails = Mejl på väg till dig
package-mails-empty = Inga mejl är på väg till dig.
package-requests = Begäranden
package-requests-empty = Inga begäranden finns.
package-memberships = Kundföretag
package-memberships-empty = Du hör inte till något kundföretag.

package-column-name = Namn
package-column-value = Värde
package-column-email = E-post
package-column-mail = Mejl
package-column-pending-email = Ny e-post, obekräftad
package-column-phone = Telefon
package-column-locale = Språk
package-column-role = Roll
package-column-status = Status
package-column-customer = Kundföretag
package-column-thread = Tråd
package-column-text = Text
package-column-time = Tid
package-column-date = Datum
package-column-ip-address = IP-adress
package-column-purpose = Ändamål
package-column-event = Händelse
package-column-file = Fil
package-column-size = Storlek
package-column-content-type = Format
package-column-checksum = Kontrollsumma (SHA-256)
package-column-uploaded = Uppladdad
package-column-begun = Påbörjad
package-column-created = Skapad
package-column-updated = Ändrad
package-column-sent = Skickad
package-column-answered = Besvarad
package-column-received = Mottagen
package-column-due = Svar senast
package-column-closed = Avslutad
package-column-state = Läge
package-column-kind = Slag
package-column-kept-until = Sparas till
package-column-reason = Skäl
package-column-reference = Referens
package-column-issuer = Inloggningstjänst
package-column-subject = Ditt id i inloggningstjänsten
package-column-last-used = Senast använd
package-column-since = Sedan
package-column-statement = Kompletterande uppgift
package-column-message = Meddelande
package-column-fields = Övriga uppgifter
package-locale-sv = svenska
package-locale-en = engelska
package-status-active = aktivt
package-status-deactivated = inaktiverat
package-kind-access = tillgång till personuppgifter (artikel 15)
package-state-inProgress = pågår
upload-state-open = påbörjad
upload-state-checking = kontrolleras
upload-state-refused = avvisad
upload-refused-wrong-size = Filen är inte så lång som angavs. Ladda upp den igen.
upload-refused-changed = Filen ändrades efter att den sades vara klar. Ladda upp den igen.
upload-refused-gone = Filen fanns inte kvar när den skulle kontrolleras. Ladda upp den igen.
upload-refused-took-too-long = Det tog för lång tid att kontrollera filen. Försök igen senare, eller med en mindre fil.
upload-refused-access-ended = Du fick inte längre lägga filer där när filen kontrollerades.
package-state-ready = klar att hämta
package-state-fulfilled = besvarad
package-state-partlyFulfilled = besvarad till en del
package-state-withdrawn = återtagen
package-invite-pending = obesvarad
package-invite-accepted = besvarad
package-invite-revoked = återkallad
package-invite-expired = har gått ut
package-purpose-userAdministration = användaradministration
package-purpose-caseHandling = ärendehantering
package-machine-readable = I maskinläsbar form: { $file }
package-schema = Vad fälten betyder: { $file }
package-more = Här visas { $shown } av { $total }. Alla finns i { $file }.
package-picture-alt = Din bild
package-item = Uppgift

## Händelser och uppslag, efter åtgärdens beteckning i gränssnittet

activity-listUsers = Din användarpost visades i en lista över användare
activity-searchUsers = Någon sökte fram din användarpost
activity-getUser = Din användarpost öppnades
activity-updateUser = Din användarpost ändrades
activity-getUserPicture = Din bild visades
activity-getProfile = Profilen lästes
activity-patchProfile = Profilen ändrades
activity-cancelEmailChange = Ett byte av e-postadress avbröts
activity-listSignIns = Inloggningarna lästes
activity-listLookUps = Uppslagen lästes
activity-putPicture = Bilden byttes
activity-getPicture = Bilden lästes
activity-deletePicture = Bilden togs bort
activity-putMember = Ditt medlemskap i ett kundföretag ändrades
activity-deleteMember = Ditt medlemskap i ett kundföretag avslutades
activity-createCustomer = Ett kundföretag lades upp
activity-listCustomers = Kundföretagen lästes
activity-updateCustomer = Ett kundföretag ändrades
activity-uploadFile = En fil laddades upp
activity-createUpload = Uppladdningen av en fil påbörjades
activity-getUpload = Läget för en uppladdning lästes
activity-completeUpload = Uppladdningen av en fil slutfördes
activity-listFiles = Filerna visades i en lista
activity-getFile = Uppgifterna om en fil lästes
activity-deleteFile = En fil togs bort
activity-getFileContent = En fil öppnades
activity-downloadFile = En fil hämtades
activity-createRequest = En begäran registrerades
activity-listRequests = Din begäran visades i en lista över begäranden
activity-getRequest = Din begäran öppnades
activity-getRequestPlan = Förteckningen över vad din begäran omfattar lästes
activity-withdrawRequest = En begäran återtogs
activity-getRequestPackage = Det sammanställda svaret på din begäran hämtades
activity-getTenant = Installationens inställningar lästes
activity-updateTenant = Installationens inställningar ändrades
activity-createInvite = En inbjudan skickades
activity-importInvites = Inbjudningar lästes in från en fil
activity-listInvites = Din inbjudan visades i en lista över inbjudningar
activity-revokeInvite = En inbjudan återkallades
activity-resendInvite = En inbjudan skickades igen
activity-reinviteUser = Du bjöds in på nytt
activity-writeComment = En kommentar skrevs
activity-listComments = Kommentarerna i en tråd lästes
activity-editComment = En kommentar ändrades
activity-deleteComment = En kommentar togs bort
activity-listThreads = Trådarna visades i en lista
activity-getAbout = Upplysningarna om personuppgifter lästes
activity-listNotices = Meddelandena till administratörerna lästes
activity-getAnnex = Bilagan med listan över underbiträden lästes
activity-createSubProcessorObjection = En invändning mot ett underbiträde gjordes
activity-listSubProcessorObjections = Invändningarna mot underbiträden lästes

## Registerkartan: kategorier av personuppgifter

data-profile-name = Profil
data-profile-purpose = Att veta vem som använder portalen för kundföretagets räkning, kunna nå personen och ge rätt behörighet.
data-profile-source = Inbjudan, det personen själv har ändrat, och rättelser av en administratör.
data-profile-kept = Räknas från den dag kontot senast användes. Personen varnas innan kontot tas bort. Ett inaktiverat konto tas bort tidigare.

data-email-changes-name = Ny e-postadress som inte är bekräftad
data-email-changes-purpose = Att kontrollera att den nya adressen är personens egen innan den börjar gälla.
data-email-changes-source = Personen själv.
data-email-changes-kept = Räknas från det att bytet begärdes.

data-pictures-name = Bild
data-pictures-purpose = Att kollegor ska känna igen varandra i portalen.
data-pictures-source = Personen själv.
data-pictures-kept = Tills personen tar bort den, eller så länge kontot finns.

data-last-use-name = Senast använd
data-last-use-purpose = Att ta bort konton som inte används.
data-last-use-source = Skrivs när personen använder portalen; bara dagen, ingen IP-adress.
data-last-use-kept = Så länge kontot finns.

data-sign-ins-name = Inloggningar
data-sign-ins-purpose = Att upptäcka och utreda obehörig inloggning. Personen ser dem själv.
data-sign-ins-source = Skrivs när personen loggar in, med webbläsarens IP-adress.
data-sign-ins-kept = Räknas från inloggningen.

data-activity-name = Händelser och uppslag
data-activity-purpose = Att personen och leverantören ska kunna se vad som har gjorts och när någon slog upp personens uppgifter.
data-activity-source = Skrivs när personen eller någon annan gör något som rör personen.
data-activity-kept = Räknas från händelsen.

data-references-name = Hänvisningar
data-references-purpose = Att hitta allt som rör personen när det ska lämnas ut eller raderas.
data-references-source = Skrivs av tjänsten.
data-references-kept = Så länge kontot finns.

data-files-name = Filer
data-files-purpose = Samarbetet mellan leverantören och kundföretaget. Filerna är leverantörens handlingar.
data-files-source = Den som laddade upp filen.
data-files-kept = Räknas från uppladdningen. Leverantören bestämmer tiden. Filen finns kvar när den som laddade upp den slutar, men utan namn.

data-comments-name = Kommentarer
data-comments-purpose = Samarbetet mellan leverantören och kundföretaget. Kommentarerna är leverantörens handlingar.
data-comments-source = Den som skrev kommentaren.
data-comments-kept = Räknas från det att kommentaren skrevs. Leverantören bestämmer tiden. Kommentaren finns kvar när författaren slutar, men utan namn.

data-customers-name = Kundföretag
data-customers-purpose = Att veta vilka företag portalen är till för och vilka användare som hör till dem.
data-customers-source = Leverantören.
data-customers-kept = Tills leverantören avslutar portalen eller tar bort kundföretaget.

data-mails-name = Mejl på väg
data-mails-purpose = Att meddela personen det som rör kontot, tills mejlet är skickat.
data-mails-source = Skrivs av tjänsten när något har hänt som personen ska få veta.
data-mails-kept = Tills mejlet är skickat.

data-invitations-name = Inbjudningar
data-invitations-purpose = Att bjuda in användare och kunna visa vem som bjöd in vem.
data-invitations-source = Den administratör som bjöd in.
data-invitations-kept = En obesvarad inbjudan går ut av sig själv. Tiden räknas sedan från det att den besvarades, återkallades eller gick ut.

data-cases-name = Begäranden
data-cases-purpose = Att svara på begäranden från registrerade i tid och kunna visa det.
data-cases-source = Den registrerade, eller en administratör för dennes räkning.
data-cases-kept = Räknas från det att ärendet avslutades, utan namn, adress och fri text.

data-packages-name = Utlämnade uppgifter
data-packages-purpose = Att lämna ut en kopia av uppgifterna till den registrerade.
data-packages-source = Sammanställs av tjänsten ur de andra kategorierna.
data-packages-kept = Räknas från det att filen var klar.

data-settings-name = Inställningar
data-settings-purpose = Att de registrerade ska veta vem de vänder sig till, och att visa vem som beslutar för leverantören.
data-settings-source = Leverantörens administratörer och den som driver tjänsten.
data-settings-kept = Tills uppgiften ändras eller leverantören avslutar portalen.

data-identity-index-name = Sökvärden för identiteter och adresser
data-identity-index-purpose = Att hitta rätt användare vid inloggning och inbjudan utan att adressen ligger i klartext.
data-identity-index-source = Beräknas av tjänsten med en hemlig nyckel.
data-identity-index-kept = Så länge kontot eller inbjudan finns.

data-index-name = Listor
data-index-purpose = Att visa listor över användare, filer, kommentarer, inbjudningar och ärenden.
data-index-source = Skrivs av tjänsten; bara beteckningar, inga namn.
data-index-kept = Så länge det som listas finns.

data-idempotency-keys-name = Nycklar mot dubbla anrop
data-idempotency-keys-purpose = Att samma sak inte ska göras två gånger när ett anrop skickas om.
data-idempotency-keys-source = Skrivs av tjänsten.
data-idempotency-keys-kept = Räknas från det att nyckeln användes.

data-uploads-name = Påbörjade uppladdningar
data-uploads-purpose = Att ta emot stora filer.
data-uploads-source = Den som laddar upp.
data-uploads-kept = Räknas från det att uppladdningen påbörjades, eller slutfördes av den som laddar upp. Det som har blivit en fil räknas som det.

data-work-name = Väntande arbete
data-work-purpose = Att det som har påbörjats blir gjort, mejl skickade och gallring utförd i tid.
data-work-source = Skrivs av tjänsten; bara beteckningar. Mejl skrivs först när de skickas.
data-work-kept = Tills arbetet är gjort.

data-run-reports-name = Rapporter från gallringen
data-run-reports-purpose = Att kunna visa att uppgifter har tagits bort i tid.
data-run-reports-source = Skrivs av tjänsten.
data-run-reports-kept = Räknas från körningen.

data-audit-name = Granskningslogg
data-audit-purpose = Att kunna visa vem som har gjort vad med personuppgifter.
data-audit-source = Skrivs av tjänsten vid ändringar och uppslag; beteckningar i stället för namn.
data-audit-kept = Räknas från händelsens dag.

data-platform-logs-name = Plattformens loggar
data-platform-logs-purpose = Att driften ska fungera och angrepp upptäckas.
data-platform-logs-source = Skrivs av plattformen, med IP-adress.
data-platform-logs-kept = Räknas från anropet.

basis-consent = Samtycke (artikel 6.1 a)
basis-contract = Avtal (artikel 6.1 b)
basis-legal-obligation = Rättslig förpliktelse (artikel 6.1 c)
basis-legitimate-interests = Intresseavvägning (artikel 6.1 f)
erasure-delete = Tas bort.
erasure-detach = Finns kvar hos leverantören, utan ditt namn.
erasure-strip = Finns kvar sin tid, utan namn, adress och fri text.
erasure-keep = Finns kvar sin tid, utan namn.
erasure-expire = Försvinner av sig självt inom kort.
left-out-index = Består bara av beteckningar för det som redan finns med.
left-out-package = Är en tidigare kopia av samma uppgifter.
left-out-settings = Gäller leverantören och inte dig som användare; din egen roll står under profilen.
left-out-pseudonymous = Innehåller bara antal och beteckningar.
left-out-logs = Förs av plattformen och går inte att söka per person.

## Information om personuppgifter (artikel 13 och 14)

privacy-notice = { $tenant } är personuppgiftsansvarig för personuppgifterna i den här kundportalen: ditt namn, din e-postadress, ditt telefonnummer, din bild, dina inloggningar med IP-adress och det du skriver och laddar upp. De används för att du ska kunna samarbeta med { $tenant } i portalen. I portalen kan du se, rätta och hämta ut allt som finns om dig, och du kan klaga hos Integritetsskyddsmyndigheten (IMY).

## Underbiträden: offentlig sida

sub-processors-language = På svenska
sub-processors-title = Underbiträden
sub-processors-author = Leverantören av tjänsten
sub-processors-intro = Här står alla som behandlar personuppgifter för leverantörens räkning, vad de gör, var uppgifterna lagras och när uppgifter kan föras till ett tredje land.
sub-processors-zone-eu = Uppgifterna lagras i EU.
sub-processors-zone-eea = Uppgifterna lagras i EES.
sub-processors-zone-adequacy = Uppgifterna lagras i EES eller i länder som EU-kommissionen har bedömt ge en tillräcklig skyddsnivå.
sub-processors-notice = Nya underbiträden, och fler platser, överföringar, uppgifter eller ändamål hos dem som används, meddelas minst { $days } dagar i förväg. Under den tiden kan kunderna invända.
sub-processors-as-of = Revision { $revision }, { $date }.
sub-processors-history = Ändringar av underbiträden
sub-processors-feed = Ändringarna som flöde (Atom)
sub-processors-revision = Revision { $number }
sub-processor-status = Läge
sub-processor-status-announced = Meddelat, används inte än
sub-processor-status-active = Används
sub-processor-status-ending = Används, men slutar användas
sub-processor-status-former = Används inte längre
sub-processor-announced = Meddelat
sub-processor-effective = Används från
sub-processor-effective-earliest = Används tidigast från
sub-processor-ended = Används till
sub-processor-deletion-confirmed = Radering bekräftad
sub-processor-company = Företag
sub-processor-address = Adress
sub-processor-parent = Moderbolag
sub-processor-contact = Kontakt
sub-processor-website = Webbplats
sub-processor-use = Används för
sub-processor-use-hosting = Drift och lagring
sub-processor-use-identity = Inloggning
sub-processor-use-mail = E-post
sub-processor-use-support = Stöd till driften
sub-processor-use-other = Annat
sub-processor-purpose = Ändamål
sub-processor-processing = Behandling
sub-processor-data = Uppgifter
sub-processor-data-all = Alla uppgifter i tjänsten
sub-processor-stored-in = Lagras i
sub-processor-non-regional = Tjänster som inte kan hållas till en region
sub-processor-global = global
sub-processor-replicates = kopieras till parregionen
sub-processor-transfers = Överföring till tredje land
sub-processor-no-transfer = Ingen.
sub-processor-mechanism-adequacy = Beslut om adekvat skyddsnivå (artikel 45)
sub-processor-mechanism-clauses = Standardavtalsklausuler (artikel 46.2 c)
sub-processor-mechanism-rules = Bindande företagsbestämmelser (artikel 46.2 b och 47)
sub-processor-agreement = Avtal
sub-processor-objection = Vid en invändning
sub-processor-change = Ändring
sub-processor-change-announced = Meddelad genom revision { $revision }, gäller tidigast från { $effective }
sub-processor-change-in-force = Meddelad genom revision { $revision }, gäller från { $effective }
sub-processor-change-withdrawn = Meddelad genom revision { $revision } och återtagen

## Länder som registret nämner; andra visas med sin kod

country-AT = Österrike
country-BE = Belgien
country-BG = Bulgarien
country-CH = Schweiz
country-CY = Cypern
country-CZ = Tjeckien
country-DE = Tyskland
country-DK = Danmark
country-EE = Estland
country-ES = Spanien
country-FI = Finland
country-FR = Frankrike
country-GB = Storbritannien
country-GR = Grekland
country-HR = Kroatien
country-HU = Ungern
country-IE = Irland
country-IN = Indien
country-IS = Island
country-IT = Italien
country-LI = Liechtenstein
country-LT = Litauen
country-LU = Luxemburg
country-LV = Lettland
country-MT = Malta
country-NL = Nederländerna
country-NO = Norge
country-PL = Polen
country-PT = Portugal
country-RO = Rumänien
country-SE = Sverige
country-SI = Slovenien
country-SK = Slovakien
country-US = USA

## Brev: underbiträden

mail-sub-processors-subject = Ändring av underbiträden som behandlar uppgifter för { $tenant }
mail-sub-processors-body =
    { $summary }

    { $objection }

    Meddelandet finns också i portalen. Hela listan över underbiträden är offentlig.
mail-sub-processors-button = Öppna portalen
notice-nothing-to-do = Ni behöver inte göra något.
notice-may-object = Ni kan invända till och med { $until }. Vad en invändning leder till: { $consequences }
