-- A registry of schema 1 (release 1.0) with users, tokens, versions, rollbacks and a deleted concept.
PRAGMA application_id = 1297700428;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE counter (
    name TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES('audit',19);
INSERT INTO counter VALUES('revision',19);
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('user', 'admin')),
    suspended INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
    created_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0,
    salt BLOB NOT NULL,
    key BLOB NOT NULL,
    scrypt_n INTEGER NOT NULL,
    scrypt_r INTEGER NOT NULL,
    scrypt_p INTEGER NOT NULL
) STRICT;
INSERT INTO account VALUES(1,'admin','admin',0,1700000000000,0,X'272e353c434a51585f666d747b828990',X'cb620f51bbee5d048158365339ae810482b44832835982cd2d5a39aaf1b28979',16,1,1);
INSERT INTO account VALUES(2,'anna','user',0,1700000000000,7,X'41484f565d646b727980878e959ca3aa',X'fc02e92f50ac3d396d2038993fafacac24bbcccb8fda5a2a95f0842a0d765ea4',16,1,1);
INSERT INTO account VALUES(3,'ben','user',0,1700000000000,1,X'5b626970777e858c939aa1a8afb6bdc4',X'980083bf3fadb2e72b0e2d577541d4f716ca48cacf66c7c0daedbb24f48659cf',16,1,1);
INSERT INTO account VALUES(4,'eve','user',1,1700000000000,0,X'757c838a91989fa6adb4bbc2c9d0d7de',X'31f8ef74e70f9482e271e48b68f74b7af7ecf69de6d0b80ff3f7b66d686ab940',16,1,1);
CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    label TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    last_used_ms INTEGER
) STRICT;
INSERT INTO token VALUES(1,1,'0ada719e24905fd9e8fbe9ab786b3d83a60d8769c37c913349bea5b3a369dab8','test',1700000000000,1702592000000,1700000000000);
INSERT INTO token VALUES(2,2,'6597cc690df7b68f03cc5a9e1da29913625a036e8af1ccce097328e490a608a3','test',1700000000000,1702592000000,1700000000000);
INSERT INTO token VALUES(3,3,'f29abaa4d24a85f899a1ec80abb32bd3bdeb6f69a4802adb246345272c0fb3c7','test',1700000000000,1702592000000,1700000000000);
INSERT INTO token VALUES(5,2,'632cd44c280aa589988493292fdeaab177a799faaacf7c870826c1b01f7c6606','test',1700000000000,1702592000000,NULL);
INSERT INTO token VALUES(6,3,'889d8042c87d1fad72d2606c95884987cfcc7288b16baff734a264b1e607d8c3','test',1700000000000,1702592000000,NULL);
CREATE TABLE artifact (
    account_id INTEGER NOT NULL REFERENCES account (id),
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    bytes BLOB NOT NULL,
    PRIMARY KEY (account_id, digest)
) STRICT;
INSERT INTO artifact VALUES(2,'f704638b5ae224c9b2460440bbd785a1691f2572d829a7476b291a965a08320a',X'61727469666163742031');
INSERT INTO artifact VALUES(2,'0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e',X'61727469666163742032');
INSERT INTO artifact VALUES(2,'3a8c8a9a51a19a6cf7566628936a686a3ef514c68f28684a329b64acb1c20c5a',X'61727469666163742033');
INSERT INTO artifact VALUES(2,'9249bdfd9f8c77bfad9a8c83424390d8722b3475648c695914b3e108a1b06c37',X'61727469666163742039');
INSERT INTO artifact VALUES(3,'f6d77834fd9234d912cfbe18cb765403a6b40d015adcfb7c5be4f77ae5919b9d',X'61727469666163742062656e2773');
CREATE TABLE concept (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    deleted_ms INTEGER,
    deleted_revision INTEGER,
    next_number INTEGER NOT NULL DEFAULT 1,
    current_move INTEGER
) STRICT;
INSERT INTO concept VALUES(1,2,'Mug','mug',1700000001000,1700000004000,NULL,NULL,4,4);
INSERT INTO concept VALUES(2,2,'Rex','rex',1700000004000,1700000004000,NULL,NULL,2,5);
INSERT INTO concept VALUES(3,2,'gone','gone',1700000004000,1700000004000,1700000004000,7,2,6);
INSERT INTO concept VALUES(4,3,'mug','mug',1700000004000,1700000004000,NULL,NULL,2,7);
CREATE TABLE version (
    concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number >= 1),
    account_id INTEGER NOT NULL,
    digest TEXT NOT NULL,
    content TEXT NOT NULL,
    size INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('object', 'person')),
    class_noun TEXT NOT NULL,
    identifier TEXT NOT NULL,
    threshold REAL NOT NULL,
    model_digest TEXT NOT NULL,
    photos INTEGER NOT NULL,
    training TEXT NOT NULL,
    parent INTEGER,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (concept_id, number),
    UNIQUE (concept_id, content),
    FOREIGN KEY (account_id, digest) REFERENCES artifact (account_id, digest)
) STRICT, WITHOUT ROWID;
INSERT INTO version VALUES(1,1,2,'f704638b5ae224c9b2460440bbd785a1691f2572d829a7476b291a965a08320a','0aebbaeeff4abd76c1bfbd5ca8eaa68ae9fc2d342c49dafed2aa30a148e0991d',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',NULL,1700000001000);
INSERT INTO version VALUES(1,2,2,'0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e','5cc2342f54010fa03296d590ca0db8fd4ad263cc4d8f74d1735c81843502e4b5',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',1,1700000002000);
INSERT INTO version VALUES(1,3,2,'3a8c8a9a51a19a6cf7566628936a686a3ef514c68f28684a329b64acb1c20c5a','642b0dc8050511858ed0453058607508586a1035e8e25630035f60c6bc3e8286',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',2,1700000003000);
INSERT INTO version VALUES(2,1,2,'0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e','5cc2342f54010fa03296d590ca0db8fd4ad263cc4d8f74d1735c81843502e4b5',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',NULL,1700000004000);
INSERT INTO version VALUES(3,1,2,'9249bdfd9f8c77bfad9a8c83424390d8722b3475648c695914b3e108a1b06c37','d715ba151af1ced1a96a036700fd6a740c0b0950b6a829636ed846e78d959bf3',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',NULL,1700000004000);
INSERT INTO version VALUES(4,1,3,'f6d77834fd9234d912cfbe18cb765403a6b40d015adcfb7c5be4f77ae5919b9d','0ca3900f81675cc1f742e4e015fe91bd1d7f51e44487f1a9fa88f5fa0a9f7366',14,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',NULL,1700000004000);
CREATE TABLE move (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
    from_number INTEGER,
    to_number INTEGER NOT NULL,
    below INTEGER,
    at_ms INTEGER NOT NULL,
    by_name TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('enroll', 'rollback')),
    reason TEXT NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO move VALUES(1,1,NULL,1,NULL,1700000001000,'anna','enroll','',1);
INSERT INTO move VALUES(2,1,1,2,1,1700000002000,'anna','enroll','',2);
INSERT INTO move VALUES(3,1,2,3,2,1700000003000,'anna','enroll','',3);
INSERT INTO move VALUES(4,1,3,1,NULL,1700000004000,'anna','rollback','was better',4);
INSERT INTO move VALUES(5,2,NULL,1,NULL,1700000004000,'anna','enroll','',5);
INSERT INTO move VALUES(6,3,NULL,1,NULL,1700000004000,'anna','enroll','',6);
INSERT INTO move VALUES(7,4,NULL,1,NULL,1700000004000,'ben','enroll','',1);
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    details TEXT NOT NULL,
    revision INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
INSERT INTO audit VALUES(1,1700000000000,'(console)','user.create','admin','{"role":"admin"}',1,'cc98f1b654d9e0e55c767c658405e98508c1da167ffcf6de63b185ec58d4cbb9');
INSERT INTO audit VALUES(2,1700000000000,'admin','token.login','admin','{"token":1}',2,'042064ca38e8372c52e7c58d0e36c428e6f22b7cb273643296ce6bbe799aa6f2');
INSERT INTO audit VALUES(3,1700000000000,'(console)','user.create','anna','{"role":"user"}',3,'7cb0a3b1a5255bf921d508d4a6497f58de585089094ef34e46681e91e6a31ecd');
INSERT INTO audit VALUES(4,1700000000000,'anna','token.login','anna','{"token":2}',4,'a2b3b5a945b4a31e94c92e5693821cba918849f2dbd90153fab821578647a73c');
INSERT INTO audit VALUES(5,1700000000000,'(console)','user.create','ben','{"role":"user"}',5,'e607c69592423e29bb47acd4387f4f46e4c286d4a48a5314ca63a271580a0e3c');
INSERT INTO audit VALUES(6,1700000000000,'ben','token.login','ben','{"token":3}',6,'406e8f1f9c7e65e03e72700920858ec1e9f0a9ff8a44973694e608258a6270d7');
INSERT INTO audit VALUES(7,1700000000000,'(console)','user.create','eve','{"role":"user"}',7,'d6cdf3a292037c06845d24403277ffe3221b42f87567096866a001440746e048');
INSERT INTO audit VALUES(8,1700000000000,'eve','token.login','eve','{"token":4}',8,'0ba02b05cb91c895d8632cde516a43339c85d0bb41a5b0a72614094e22c1e076');
INSERT INTO audit VALUES(9,1700000000000,'admin','user.suspend','eve','{}',9,'c8ab7b253a29d509ccd8e2f05a40280914255b6fc2f08c11792b1727f35adff3');
INSERT INTO audit VALUES(10,1700000000000,'anna','token.login','anna','{"token":5}',10,'38b340e96b2fac7826a8125a6bfa1438a6b322edbbf049bf345854dd10bc9e8d');
INSERT INTO audit VALUES(11,1700000000000,'ben','token.login','ben','{"token":6}',11,'cc5f1318a992203f9dc98304b741dbaa485524d43dec875a7885477b154b4ab7');
INSERT INTO audit VALUES(12,1700000001000,'anna','concept.enroll','anna/Mug','{"created":true,"digest":"f704638b5ae224c9b2460440bbd785a1691f2572d829a7476b291a965a08320a","moved":true,"reason":"","version":1}',12,'dd468035981487f11e2b0eaba206da67457a32d41a4e5ba43ca2ca1168ac5ec9');
INSERT INTO audit VALUES(13,1700000002000,'anna','concept.enroll','anna/Mug','{"created":true,"digest":"0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e","moved":true,"reason":"","version":2}',13,'6ec1095cbe8670a96523d568907bdaaf182b8d203d06e77a6e21700be3caee96');
INSERT INTO audit VALUES(14,1700000003000,'anna','concept.enroll','anna/Mug','{"created":true,"digest":"3a8c8a9a51a19a6cf7566628936a686a3ef514c68f28684a329b64acb1c20c5a","moved":true,"reason":"","version":3}',14,'b4da94feca12165aa578f39bd5c62b3c1a109f73f79c2cf5a776d377a16601de');
INSERT INTO audit VALUES(15,1700000004000,'anna','concept.rollback','anna/Mug','{"from":3,"reason":"was better","to":1}',15,'a377ee9e9750cd96913d5920b3cc7730293297c0010d894dda3a1d078bc79d4a');
INSERT INTO audit VALUES(16,1700000004000,'anna','concept.enroll','anna/Rex','{"created":true,"digest":"0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e","moved":true,"reason":"","version":1}',16,'7bb84c9de6a0cdf619a1a248571a789af3d4c407eeb794103138d807e06a4ac1');
INSERT INTO audit VALUES(17,1700000004000,'anna','concept.enroll','anna/gone','{"created":true,"digest":"9249bdfd9f8c77bfad9a8c83424390d8722b3475648c695914b3e108a1b06c37","moved":true,"reason":"","version":1}',17,'c720e9029360005717469abdbaf6dc5f9704aab84c5aa10b6b4e72d9fcd1e62f');
INSERT INTO audit VALUES(18,1700000004000,'anna','concept.delete','anna/gone','{}',18,'d698922d23af0fe486b791f36d7ab84a764c782e965a0ca63aa647e2cf789d85');
INSERT INTO audit VALUES(19,1700000004000,'ben','concept.enroll','ben/mug','{"created":true,"digest":"f6d77834fd9234d912cfbe18cb765403a6b40d015adcfb7c5be4f77ae5919b9d","moved":true,"reason":"","version":1}',19,'99a293391172d044387024238d7e8ddc24a6b0015a7044b9e86e386d08de45f4');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('account',4);
INSERT INTO sqlite_sequence VALUES('token',6);
INSERT INTO sqlite_sequence VALUES('concept',4);
INSERT INTO sqlite_sequence VALUES('move',7);
CREATE INDEX token_account ON token (account_id);
CREATE INDEX token_expires ON token (expires_ms);
CREATE TRIGGER artifact_is_immutable BEFORE UPDATE ON artifact
    BEGIN SELECT raise(ABORT, 'artifacts are immutable'); END;
CREATE UNIQUE INDEX concept_name ON concept (account_id, name_key) WHERE deleted_ms IS NULL;
CREATE INDEX concept_deleted ON concept (deleted_ms) WHERE deleted_ms IS NOT NULL;
CREATE INDEX version_artifact ON version (account_id, digest);
CREATE TRIGGER version_is_immutable BEFORE UPDATE ON version
    BEGIN SELECT raise(ABORT, 'versions are immutable'); END;
CREATE TRIGGER version_is_kept BEFORE DELETE ON version
    WHEN EXISTS (SELECT 1 FROM concept WHERE id = OLD.concept_id)
    BEGIN SELECT raise(ABORT, 'versions go only with their concept'); END;
CREATE INDEX move_concept ON move (concept_id);
CREATE TRIGGER move_is_immutable BEFORE UPDATE ON move
    BEGIN SELECT raise(ABORT, 'the history is append-only'); END;
CREATE TRIGGER move_is_kept BEFORE DELETE ON move
    WHEN EXISTS (SELECT 1 FROM concept WHERE id = OLD.concept_id)
    BEGIN SELECT raise(ABORT, 'the history goes only with its concept'); END;
CREATE TRIGGER audit_is_immutable BEFORE UPDATE ON audit
    BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
    BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
COMMIT;
